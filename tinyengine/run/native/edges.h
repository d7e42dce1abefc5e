/* Counts the executed blocks of code by where the model called them from and what ran before.
 *
 * A site is the address after the call with which control left the model's own functions, 0 while
 * it is in them: with it every block belongs to one call of the model, whatever a kernel calls.
 */
#ifndef TE_EDGES_H
#define TE_EDGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cache.h"

/* How often the block [address, address + nbytes) ran right after the one at `previous`, and the lines of
 * flash that its code and its data had to wait for.
 */
struct te_edge {
    uint32_t site, previous, address, nbytes;
    uint64_t count;
    struct te_misses code, data;
};

struct te_edges {
    uint32_t *ranges; /* of the model's own functions: first, last; ascending */
    size_t nranges;
    struct te_edge *slots; /* a hash table; free where `count` is 0 */
    size_t nslots, used;   /* `nslots` is a power of two */
    uint32_t site, previous, previous_end;
    struct te_edge *now; /* the one that runs; null before the first */
    bool was_inside;
    bool failed; /* memory was short: the counts are of no use */
};

/* Code that jumps about on purpose may not take more: 100 MB. Models take a thousandth. */
#define TE_EDGES_MOST_SLOTS (1u << 22)

static inline size_t te_edges_hash(const struct te_edge *edge)
{
    uint32_t hash = edge->address * 0x9e3779b1u ^ edge->previous * 0x85ebca77u;
    hash ^= edge->site * 0xc2b2ae3du ^ edge->nbytes * 0x27d4eb2fu;
    return hash ^ (hash >> 15);
}

/* Gives the slot of `edge`, or the free one that it may have. */
static inline struct te_edge *te_edges_slot(struct te_edge *slots, size_t nslots,
                                            const struct te_edge *edge)
{
    size_t at = te_edges_hash(edge) & (nslots - 1u);
    while (slots[at].count != 0 &&
           (slots[at].address != edge->address || slots[at].previous != edge->previous ||
            slots[at].site != edge->site || slots[at].nbytes != edge->nbytes)) {
        at = (at + 1u) & (nslots - 1u);
    }
    return &slots[at];
}

/* Doubles the table. */
static inline void te_edges_grow(struct te_edges *edges)
{
    if (edges->nslots >= TE_EDGES_MOST_SLOTS) {
        edges->failed = true;
        return;
    }
    const size_t nslots = edges->nslots != 0 ? 2u * edges->nslots : 4096u;
    struct te_edge *slots = calloc(nslots, sizeof *slots);
    if (slots == NULL) {
        edges->failed = true;
        return;
    }
    for (size_t i = 0; i < edges->nslots; i++) {
        if (edges->slots[i].count != 0) {
            *te_edges_slot(slots, nslots, &edges->slots[i]) = edges->slots[i];
        }
    }
    free(edges->slots);
    edges->slots = slots;
    edges->nslots = nslots;
}

/* Tells whether `address` is in one of the model's own functions, by bisection. */
static inline bool te_edges_inside(const struct te_edges *edges, uint32_t address)
{
    size_t low = 0, high = edges->nranges;
    while (low < high) {
        const size_t middle = (low + high) / 2u;
        if (address >= edges->ranges[2u * middle + 1u]) {
            low = middle + 1u;
        } else {
            high = middle;
        }
    }
    return low < edges->nranges && address >= edges->ranges[2u * low];
}

/* Takes the `nranges` ranges of the model's own functions; false when memory is short. */
static inline bool te_edges_init(struct te_edges *edges, const uint32_t *ranges, size_t nranges)
{
    memset(edges, 0, sizeof *edges);
    edges->ranges = malloc(2u * nranges * sizeof *ranges + 1u);
    if (edges->ranges == NULL) {
        return false;
    }
    memcpy(edges->ranges, ranges, 2u * nranges * sizeof *ranges);
    edges->nranges = nranges;
    te_edges_grow(edges);
    return !edges->failed;
}

static inline void te_edges_free(struct te_edges *edges)
{
    free(edges->ranges);
    free(edges->slots);
}

/* Forgets what was counted. */
static inline void te_edges_reset(struct te_edges *edges)
{
    memset(edges->slots, 0, edges->nslots * sizeof *edges->slots);
    edges->used = 0;
    edges->site = edges->previous = edges->previous_end = 0;
    edges->was_inside = false;
    edges->now = NULL;
}

/* Counts one execution of a block. */
static inline void te_edges_count(struct te_edges *edges, uint32_t address, uint32_t nbytes)
{
    if (edges->failed) {
        return;
    }
    const bool inside = te_edges_inside(edges, address);
    if (inside) {
        edges->site = 0;
    } else if (edges->was_inside) {
        edges->site = edges->previous_end;
    }
    const struct te_edge edge = {
        .site = edges->site, .previous = edges->previous, .address = address, .nbytes = nbytes};
    struct te_edge *slot = te_edges_slot(edges->slots, edges->nslots, &edge);
    if (slot->count == 0) {
        *slot = edge;
        edges->used++;
    }
    slot->count++;
    edges->was_inside = inside;
    edges->previous = address;
    edges->previous_end = address + nbytes;
    edges->now = slot;
    if (2u * edges->used > edges->nslots) {
        te_edges_grow(edges);
        edges->now = te_edges_slot(edges->slots, edges->nslots, &edge);
    }
}

#endif
