/* Let a host drive the model over the serial port, one checked line at a time.
 *
 *   HELLO                      HELLO te1 NAME arena=N inputs=N outputs=N hz=N clock=N
 *                              and state=N, the bytes of the state, where there is one
 *   FILL <seed in hex>         OK     fill the arena, but for the state, with pseudo-random bytes
 *   IN <i> <offset> <hex>      OK     at most 256 bytes into input i
 *   INIT                       OK     let the state be as before the first step
 *   RUN                        DONE status=N ticks=N stack=N; a step of a model with state
 *   OUT <i> <offset> <nbytes>  DATA <i> <offset> <hex>     at most 256 bytes of output i
 *
 * Anything else, or a wrong CRC, index or range, is answered by ERR and the reason.
 */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <stdint.h>

/* A piece of the arena. */
typedef struct {
    uint8_t *data;
    uint32_t nbytes;
} firmware_arena;

/* One input or output: its bytes, in the arena or, for a streamed input, in a buffer of its own. */
typedef struct {
    uint8_t *data;
    uint32_t nbytes;
} firmware_port;

/* The model as the test firmware sees it; `run` runs it between bench_begin and bench_end, and
 * `init` begins anew where the model has a state: it is NULL where that has no bytes. */
typedef struct {
    const char *name;
    const firmware_arena *arenas;
    uint32_t arena_count;
    const firmware_port *inputs;
    uint32_t input_count;
    const firmware_port *outputs;
    uint32_t output_count;
    uint32_t state_nbytes;
    int (*init)(void);
    int (*run)(void);
} firmware_model;

/* Answer a host for ever. */
__attribute__((noreturn)) void protocol_serve(const firmware_model *model);

#endif
