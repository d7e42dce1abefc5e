/* Let a host drive the model over the serial port, one checked line at a time. */
#include "protocol.h"

#include "bench.h"
#include "board.h"
#include "line.h"

#define MAX_BYTES 256u

/* A decimal number that does not fit is this, which is out of every range. */
#define NO_NUMBER 0xffffffffu

static void answer(const char *text)
{
    line_begin();
    line_text(text);
    line_end();
}

static void put_field(const char *name, uint32_t value)
{
    line_text(name);
    line_decimal(value);
}

/* If `*text` begins with `word` and then a space or the end, step behind it. */
static int take_word(const char **text, const char *word)
{
    const char *at = *text;
    while (*word != '\0' && *at == *word) {
        ++at;
        ++word;
    }
    if (*word != '\0' || (*at != ' ' && *at != '\0')) {
        return 0;
    }
    *text = *at == ' ' ? at + 1 : at;
    return 1;
}

static uint32_t hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return (uint32_t)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (uint32_t)(c - 'a') + 10u;
    }
    if (c >= 'A' && c <= 'F') {
        return (uint32_t)(c - 'A') + 10u;
    }
    return 16u;
}

/* Read a decimal number of at most nine digits up to a space or the end, and step behind it. */
static uint32_t take_decimal(const char **text)
{
    uint32_t value = 0u;
    uint32_t count = 0u;
    for (; **text >= '0' && **text <= '9' && count < 9u; ++*text, ++count) {
        value = 10u * value + (uint32_t)(**text - '0');
    }
    if (count == 0u || (**text != ' ' && **text != '\0')) {
        return NO_NUMBER;
    }
    *text += **text == ' ' ? 1 : 0;
    return value;
}

/* Say whether [offset, offset + nbytes) lies in a port; `nbytes` is at most MAX_BYTES. */
static int in_port(const firmware_port *port, uint32_t offset, uint32_t nbytes)
{
    return offset <= port->nbytes && nbytes <= port->nbytes - offset;
}

/* Xorshift with 32 bits of state. Source: Marsaglia, Xorshift RNGs (2003), section 4. */
static void fill_arena(const firmware_model *model, uint32_t seed)
{
    uint32_t state = seed != 0u ? seed : 1u;
    for (uint32_t bank = 0u; bank < model->arena_count; ++bank) {
        for (uint32_t i = 0u; i < model->arenas[bank].nbytes; ++i) {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            model->arenas[bank].data[i] = (uint8_t)state;
        }
    }
}

/* Give the bytes of all pieces of the arena. */
static uint32_t arena_nbytes(const firmware_model *model)
{
    uint32_t nbytes = 0u;
    for (uint32_t bank = 0u; bank < model->arena_count; ++bank) {
        nbytes += model->arenas[bank].nbytes;
    }
    return nbytes;
}

static void serve_hello(const firmware_model *model)
{
    line_begin();
    line_text("HELLO te1 ");
    line_text(model->name);
    put_field(" arena=", arena_nbytes(model));
    put_field(" inputs=", model->input_count);
    put_field(" outputs=", model->output_count);
    put_field(" hz=", BOARD_TIMER_HZ);
    put_field(" clock=", BOARD_CLOCK_HZ);
    if (model->state_nbytes != 0u) {
        put_field(" state=", model->state_nbytes);
    }
    line_end();
}

static void serve_fill(const firmware_model *model, const char *text)
{
    uint32_t seed = 0u;
    uint32_t count = 0u;
    for (; hex_digit(text[count]) < 16u && count < 8u; ++count) {
        seed = (seed << 4) | hex_digit(text[count]);
    }
    if (count == 0u || text[count] != '\0') {
        answer("ERR FILL needs a seed of at most 8 hex digits");
        return;
    }
    fill_arena(model, seed);
    answer("OK");
}

static void serve_in(const firmware_model *model, const char *text)
{
    const uint32_t index = take_decimal(&text);
    const uint32_t offset = take_decimal(&text);
    uint32_t count = 0u;
    while (hex_digit(text[count]) < 16u) {
        ++count;
    }
    if (text[count] != '\0' || count % 2u != 0u || count > 2u * MAX_BYTES) {
        answer("ERR IN needs at most 256 bytes in hex");
        return;
    }
    if (index >= model->input_count) {
        answer("ERR no such input");
        return;
    }
    const firmware_port *port = &model->inputs[index];
    if (!in_port(port, offset, count / 2u)) {
        answer("ERR outside the input");
        return;
    }
    uint8_t *to = port->data + offset;
    for (uint32_t i = 0u; i < count; i += 2u) {
        *to++ = (uint8_t)((hex_digit(text[i]) << 4) | hex_digit(text[i + 1u]));
    }
    answer("OK");
}

static void serve_out(const firmware_model *model, const char *text)
{
    const uint32_t index = take_decimal(&text);
    const uint32_t offset = take_decimal(&text);
    const uint32_t nbytes = take_decimal(&text);
    if (*text != '\0' || nbytes > MAX_BYTES) {
        answer("ERR OUT gives at most 256 bytes");
        return;
    }
    if (index >= model->output_count) {
        answer("ERR no such output");
        return;
    }
    const firmware_port *port = &model->outputs[index];
    if (!in_port(port, offset, nbytes)) {
        answer("ERR outside the output");
        return;
    }
    line_begin();
    put_field("DATA ", index);
    put_field(" ", offset);
    line_text(" ");
    for (uint32_t i = 0u; i < nbytes; ++i) {
        line_hex8(port->data[offset + i]);
    }
    line_end();
}

static void serve_init(const firmware_model *model)
{
    if (model->state_nbytes != 0u && model->init() != 0) {
        answer("ERR the state cannot be initialised");
        return;
    }
    answer("OK");
}

static void serve_run(const firmware_model *model)
{
    const int status = model->run();
    if (stack_overflowed()) {
        answer("ERR the stack overflowed");
        return;
    }
    line_begin();
    line_text("DONE");
    put_field(" status=", (uint32_t)status);
    put_field(" ticks=", bench_ticks());
    put_field(" stack=", stack_used());
    line_end();
}

static void serve_line(const firmware_model *model, const char *text)
{
    if (take_word(&text, "HELLO") && *text == '\0') {
        serve_hello(model);
    } else if (take_word(&text, "FILL")) {
        serve_fill(model, text);
    } else if (take_word(&text, "IN")) {
        serve_in(model, text);
    } else if (take_word(&text, "INIT") && *text == '\0') {
        serve_init(model);
    } else if (take_word(&text, "RUN") && *text == '\0') {
        serve_run(model);
    } else if (take_word(&text, "OUT")) {
        serve_out(model, text);
    } else {
        answer("ERR unknown command");
    }
}

__attribute__((noreturn)) void protocol_serve(const firmware_model *model)
{
    for (;;) {
        const char *text;
        switch (line_read(&text)) {
        case LINE_OK:
            serve_line(model, text);
            break;
        case LINE_TOO_LONG:
            answer("ERR line too long");
            break;
        case LINE_BAD_CRC:
            answer("ERR wrong CRC");
            break;
        }
    }
}
