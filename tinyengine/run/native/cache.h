/* A cache of flash lines, by size, ways and line: counts what it has not. It replaces the line of a set
 * that was not used for longest.
 */
#ifndef TE_CACHE_H
#define TE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Lines that were not there; of these, those that follow the one before: prefetch is at them. */
struct te_misses {
    uint64_t all, next;
};

struct te_cache {
    uint64_t first, last; /* the addresses that it serves */
    uint32_t line, sets, ways;
    uint64_t *tags;  /* of each set the line used last comes first; 0 is none */
    uint64_t before; /* the line that was asked for before, and 1 */
};

/* Makes a cache for [first, last); false when memory is short. */
static inline bool te_cache_init(struct te_cache *cache, uint64_t first, uint64_t last,
                                 uint32_t nbytes, uint32_t ways, uint32_t line)
{
    cache->first = first;
    cache->last = last;
    cache->line = line;
    cache->ways = ways;
    cache->sets = nbytes / (ways * line);
    cache->before = 0;
    cache->tags = calloc((size_t)cache->sets * ways, sizeof *cache->tags);
    return cache->tags != NULL;
}

/* Empties it. */
static inline void te_cache_reset(struct te_cache *cache)
{
    for (size_t i = 0; cache->tags != NULL && i < (size_t)cache->sets * cache->ways; i++) {
        cache->tags[i] = 0;
    }
    cache->before = 0;
}

/* Asks for one line, by its number; tells whether it was there. */
static inline bool te_cache_ask(struct te_cache *cache, uint64_t number)
{
    uint64_t *const set = &cache->tags[(number % cache->sets) * cache->ways];
    const uint64_t tag = number + 1u;
    uint32_t way = 0;
    while (way + 1u < cache->ways && set[way] != tag) {
        way++;
    }
    const bool there = set[way] == tag;
    for (; way > 0; way--) {
        set[way] = set[way - 1u];
    }
    set[0] = tag;
    return there;
}

/* Counts what an access to [address, address + nbytes) misses. */
static inline void te_cache_access(struct te_cache *cache, uint64_t address, uint64_t nbytes,
                                   struct te_misses *misses)
{
    if (cache->tags == NULL || address < cache->first || address + nbytes > cache->last) {
        return;
    }
    const uint64_t end = (address + nbytes - 1u) / cache->line;
    for (uint64_t number = address / cache->line; number <= end; number++) {
        if (!te_cache_ask(cache, number)) {
            misses->all++;
            misses->next += number == cache->before;
        }
        cache->before = number + 1u;
    }
}

#endif
