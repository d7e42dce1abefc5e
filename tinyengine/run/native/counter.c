/* Counts, inside the Unicorn process, what executes between two marker functions. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "edges.h"

/* One translated block, by the address of its first instruction. */
struct block {
    uint64_t execs;
    uint64_t folded; /* instructions of executions under an earlier size */
    uint32_t nbytes;
    uint32_t instructions;
};

/* A half-open range of addresses. */
struct range {
    uint64_t first, last;
};

typedef int (*stop_fn)(void *engine);
typedef int (*reg_read_fn)(void *engine, int id, void *value);
typedef int (*reg_write_fn)(void *engine, int id, const void *value);

/* Unicorn's numbers of the registers. Source: unicorn/arm.h, UC_ARM_REG_LR, _PC and _XPSR. */
enum { REG_LR = 10, REG_PC = 11, REG_XPSR = 120 };

/* The bits of XPSR that say where in an IT block the core is. Source: Armv7-M ARM, B1.4.2. */
#define XPSR_IT 0x0600fc00u

/* What tracing finds; the Python side has the same numbers. */
enum te_finding { NOTHING, STRAY_WRITE, UNALIGNED };

/* The arena's pieces and the stack. */
#define WRITABLE_RANGES 8

/* Executable bytes at `base`: those of the flash, and what is copied to a RAM. */
#define CODES 4

struct code {
    const uint8_t *bytes;
    uint64_t base, nbytes;
    uint32_t first; /* of its blocks, one for each halfword, among those of all codes */
};

struct te_counter {
    struct code codes[CODES];
    uint32_t ncodes;
    uint32_t nblocks;
    uint64_t begin, end; /* addresses of the markers */
    uint64_t pairs;      /* completed begin..end pairs */
    bool active;
    bool foreign; /* a block outside the codes ran */
    struct block *blocks;
    uint32_t *touched;
    uint32_t ntouched;
    struct te_edges *edges; /* null where only blocks are counted */
    struct te_cache code_cache, data_cache;

    /* Tracing of accesses, from the return of the begin marker on; off where `stop` is null. */
    stop_fn stop;
    reg_read_fn reg_read;
    reg_write_fn reg_write;
    struct range writable[WRITABLE_RANGES];
    uint64_t trace_from; /* where the begin marker returns to */
    bool tracing;
    enum te_finding finding; /* the first, and the access it is about */
    uint32_t finding_pc;
    uint64_t finding_address;
};

/* What Unicorn and the Python side call. */
void te_counter_block(void *engine, uint64_t address, uint32_t nbytes, void *user);
void te_counter_write(void *engine, int type, uint64_t address, int nbytes, int64_t value,
                      void *user);
void te_counter_align(void *engine, int type, uint64_t address, int nbytes, int64_t value,
                      void *user);
struct te_counter *te_counter_new(uint64_t begin, uint64_t end);
int te_counter_code(struct te_counter *counter, const uint8_t *bytes, uint64_t base,
                    uint64_t nbytes);
void te_counter_free(struct te_counter *counter);
void te_counter_reset(struct te_counter *counter);
void te_counter_engine(struct te_counter *counter, reg_read_fn reg_read, reg_write_fn reg_write);
void te_counter_trace(struct te_counter *counter, stop_fn stop);
void te_counter_writable(struct te_counter *counter, int index, uint64_t first, uint64_t last);
void te_counter_get(const struct te_counter *counter, uint32_t i, uint64_t *address,
                    uint64_t *instructions);
uint32_t te_counter_blocks(const struct te_counter *counter);
void te_counter_read(void *engine, int type, uint64_t address, int nbytes, int64_t value,
                     void *user);
int te_counter_cache(struct te_counter *counter, int is_code, uint64_t first, uint64_t last,
                     uint32_t nbytes, uint32_t ways, uint32_t line);
int te_counter_edges(struct te_counter *counter, const uint32_t *ranges, uint32_t nranges);
uint32_t te_counter_edge_count(const struct te_counter *counter);
void te_counter_get_edges(const struct te_counter *counter, struct te_edge *edges);
uint64_t te_counter_pairs(const struct te_counter *counter);
int te_counter_finding(const struct te_counter *counter, uint32_t *pc, uint64_t *address);

/* Counts Thumb instructions in [first, first + nbytes) of `code`, from halfword encodings: a first
 * halfword of 0b11101, 0b11110 or 0b11111 opens a 32-bit one. Source: Armv7-M ARM, A5.1. */
static uint32_t count_instructions(const struct code *code, uint64_t first, uint32_t nbytes)
{
    const uint8_t *bytes = code->bytes + (first - code->base);
    const size_t limit = (size_t)(code->nbytes - (first - code->base));
    uint32_t count = 0;
    for (size_t at = 0; at < nbytes && at + 1 < limit; count++) {
        at += (bytes[at + 1] >> 3) >= 0x1d ? 4 : 2;
    }
    return count;
}

/* Gives the code that `address` lies in; null where it is in none. */
static const struct code *code_at(const struct te_counter *counter, uint64_t address)
{
    for (uint32_t i = 0; i < counter->ncodes; i++) {
        const struct code *code = &counter->codes[i];
        if (address - code->base < code->nbytes) {
            return code;
        }
    }
    return NULL;
}

/* Opens and closes the window of what is counted, and within it that of what is traced. */
static void pass_marker(struct te_counter *counter, void *engine, uint64_t address)
{
    if (address == counter->begin) {
        counter->active = true;
        if (counter->stop != NULL) {
            uint32_t lr = 0;
            counter->reg_read(engine, REG_LR, &lr);
            counter->trace_from = lr & ~1u;
        }
    } else if (address == counter->end) {
        counter->pairs += counter->active;
        counter->active = false;
        counter->tracing = false;
    } else if (counter->active && address == counter->trace_from) {
        counter->tracing = true;
    }
}

/* Clears the IT bits. Before it calls a hook of an access, Unicorn sets them to those of the
 * instruction, though its code for a block does without them; left so, they would make the first
 * instructions of the next block conditional. */
static void clear_it(const struct te_counter *counter, void *engine)
{
    uint32_t xpsr = 0;
    counter->reg_read(engine, REG_XPSR, &xpsr);
    if ((xpsr & XPSR_IT) != 0) {
        xpsr &= ~XPSR_IT;
        counter->reg_write(engine, REG_XPSR, &xpsr);
    }
}

/* The UC_HOOK_BLOCK callback: called at the start of every block. */
void te_counter_block(void *engine, uint64_t address, uint32_t nbytes, void *user)
{
    struct te_counter *counter = user;
    pass_marker(counter, engine, address);
    if (!counter->active) {
        return;
    }
    const struct code *code = code_at(counter, address);
    if (code == NULL) {
        counter->foreign = true;
        return;
    }
    const uint32_t index = code->first + (uint32_t)((address - code->base) >> 1);
    struct block *block = &counter->blocks[index];
    if (block->nbytes != nbytes) {
        block->folded += block->execs * block->instructions;
        block->execs = 0;
        block->nbytes = nbytes;
        block->instructions = count_instructions(code, address, nbytes);
    }
    if (block->execs + block->folded == 0) {
        counter->touched[counter->ntouched++] = index;
    }
    block->execs++;
    if (counter->edges != NULL) {
        te_edges_count(counter->edges, (uint32_t)address, nbytes);
        if (counter->edges->now != NULL) {
            te_cache_access(&counter->code_cache, address, nbytes, &counter->edges->now->code);
        }
    }
}

/* The UC_HOOK_MEM_READ callback of the memory model: data that are read from flash. */
void te_counter_read(void *engine, int type, uint64_t address, int nbytes, int64_t value,
                     void *user)
{
    struct te_counter *counter = user;
    (void)type;
    (void)value;
    clear_it(counter, engine);
    if (counter->active && counter->edges->now != NULL) {
        struct te_cache *const own = &counter->data_cache;
        te_cache_access(own->tags != NULL ? own : &counter->code_cache, address, (uint64_t)nbytes,
                        &counter->edges->now->data);
    }
}

/* Models the caches of flash from now on, `is_code` that of instructions, which is that of data, too,
 * where these have none of their own. Gives 0 when memory is short.
 */
int te_counter_cache(struct te_counter *counter, int is_code, uint64_t first, uint64_t last,
                     uint32_t nbytes, uint32_t ways, uint32_t line)
{
    struct te_cache *cache = is_code ? &counter->code_cache : &counter->data_cache;
    return te_cache_init(cache, first, last, nbytes, ways, line);
}

/* Keeps the first finding and stops the core. */
static void find(struct te_counter *counter, void *engine, enum te_finding finding,
                 uint64_t address)
{
    if (counter->finding != NOTHING) {
        return;
    }
    counter->finding = finding;
    counter->finding_address = address;
    counter->reg_read(engine, REG_PC, &counter->finding_pc);
    counter->stop(engine);
}

/* The UC_HOOK_MEM_WRITE callback: finds writes elsewhere than to `writable`. */
void te_counter_write(void *engine, int type, uint64_t address, int nbytes, int64_t value,
                      void *user)
{
    struct te_counter *counter = user;
    (void)type;
    (void)value;
    clear_it(counter, engine);
    if (!counter->tracing) {
        return;
    }
    for (size_t i = 0; i < WRITABLE_RANGES; i++) {
        const struct range *range = &counter->writable[i];
        if (address >= range->first && address + (uint64_t)nbytes <= range->last) {
            return;
        }
    }
    find(counter, engine, STRAY_WRITE, address);
}

/* A UC_HOOK_MEM_READ and UC_HOOK_MEM_WRITE callback: finds accesses that are not aligned to their
 * size, or to a word where they are larger. */
void te_counter_align(void *engine, int type, uint64_t address, int nbytes, int64_t value,
                      void *user)
{
    struct te_counter *counter = user;
    (void)type;
    (void)value;
    clear_it(counter, engine);
    const uint64_t alignment = nbytes < 4 ? (uint64_t)nbytes : 4u;
    if (counter->tracing && address % alignment != 0) {
        find(counter, engine, UNALIGNED, address);
    }
}

/* Makes a counter of no code yet; null when memory is short. */
struct te_counter *te_counter_new(uint64_t begin, uint64_t end)
{
    struct te_counter *counter = calloc(1, sizeof *counter);
    if (counter != NULL) {
        counter->begin = begin;
        counter->end = end;
    }
    return counter;
}

/* Adds `nbytes` of code at `base`, before anything is counted. Gives 0 when memory is short, or when
 * there are CODES already. */
int te_counter_code(struct te_counter *counter, const uint8_t *bytes, uint64_t base,
                    uint64_t nbytes)
{
    if (counter->ncodes == CODES) {
        return 0;
    }
    const uint32_t first = counter->nblocks;
    counter->codes[counter->ncodes++] = (struct code){bytes, base, nbytes, first};
    counter->nblocks += (uint32_t)(nbytes / 2) + 1u;
    free(counter->blocks);
    free(counter->touched);
    counter->blocks = calloc(counter->nblocks, sizeof *counter->blocks);
    counter->touched = calloc(counter->nblocks, sizeof *counter->touched);
    return counter->blocks != NULL && counter->touched != NULL;
}

/* Frees a counter. */
void te_counter_free(struct te_counter *counter)
{
    free(counter->blocks);
    free(counter->touched);
    free(counter->code_cache.tags);
    free(counter->data_cache.tags);
    if (counter->edges != NULL) {
        te_edges_free(counter->edges);
    }
    free(counter->edges);
    free(counter);
}

/* Forgets what was counted. */
void te_counter_reset(struct te_counter *counter)
{
    for (uint32_t i = 0; i < counter->ntouched; i++) {
        struct block *block = &counter->blocks[counter->touched[i]];
        block->execs = 0;
        block->folded = 0;
    }
    counter->ntouched = 0;
    counter->pairs = 0;
    counter->active = false;
    counter->tracing = false;
    counter->foreign = false;
    counter->finding = NOTHING;
    if (counter->edges != NULL) {
        te_edges_reset(counter->edges);
    }
    te_cache_reset(&counter->code_cache);
    te_cache_reset(&counter->data_cache);
}

/* Counts edges too from now on; `ranges` are those of the model's own functions. Gives 0 when memory
 * is short. */
int te_counter_edges(struct te_counter *counter, const uint32_t *ranges, uint32_t nranges)
{
    struct te_edges *edges = malloc(sizeof *edges);
    if (edges == NULL || !te_edges_init(edges, ranges, nranges)) {
        free(edges);
        return 0;
    }
    counter->edges = edges;
    return 1;
}

/* How many different edges ran; 0 when memory was short. */
uint32_t te_counter_edge_count(const struct te_counter *counter)
{
    return counter->edges->failed ? 0 : (uint32_t)counter->edges->used;
}

/* Gives all of them, in no order. */
void te_counter_get_edges(const struct te_counter *counter, struct te_edge *edges)
{
    for (size_t i = 0; i < counter->edges->nslots; i++) {
        if (counter->edges->slots[i].count != 0) {
            *edges++ = counter->edges->slots[i];
        }
    }
}

/* Takes Unicorn's uc_reg_read and uc_reg_write, which the hooks of accesses need. */
void te_counter_engine(struct te_counter *counter, reg_read_fn reg_read, reg_write_fn reg_write)
{
    counter->reg_read = reg_read;
    counter->reg_write = reg_write;
}

/* Traces accesses from now on: `stop` is Unicorn's uc_emu_stop. */
void te_counter_trace(struct te_counter *counter, stop_fn stop)
{
    counter->stop = stop;
}

/* Says where traced writes may go, as range `index` of WRITABLE_RANGES. */
void te_counter_writable(struct te_counter *counter, int index, uint64_t first, uint64_t last)
{
    counter->writable[index].first = first;
    counter->writable[index].last = last;
}

/* Gives block `i` of those that ran: its address and the instructions executed in it. */
void te_counter_get(const struct te_counter *counter, uint32_t i, uint64_t *address,
                    uint64_t *instructions)
{
    const uint32_t index = counter->touched[i];
    const struct block *block = &counter->blocks[index];
    const struct code *code = &counter->codes[counter->ncodes - 1u];
    while (code->first > index) {
        code--;
    }
    *address = code->base + 2u * (uint64_t)(index - code->first);
    *instructions = block->folded + block->execs * block->instructions;
}

/* How many blocks ran. */
uint32_t te_counter_blocks(const struct te_counter *counter)
{
    return counter->ntouched;
}

/* How many begin..end pairs were completed; 0 when a block outside the code ran between them. */
uint64_t te_counter_pairs(const struct te_counter *counter)
{
    return counter->foreign ? 0 : counter->pairs;
}

/* What tracing found: by the instruction at `pc`, an access to `address`. */
int te_counter_finding(const struct te_counter *counter, uint32_t *pc, uint64_t *address)
{
    *pc = counter->finding_pc;
    *address = counter->finding_address;
    return (int)counter->finding;
}
