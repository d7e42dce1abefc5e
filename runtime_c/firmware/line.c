/* Send and receive checked lines over the serial port. */
#include "line.h"

#include "uart.h"

/* A payload, `*`, eight digits and the NUL. */
#define BUFFER_BYTES (LINE_MAX_PAYLOAD + 10u)
#define CRC_DIGITS 8u

static char buffer[BUFFER_BYTES];
static uint32_t sent_crc;

static const char digits[] = "0123456789abcdef";

uint32_t crc32_add(uint32_t crc, uint8_t byte)
{
    uint32_t value = ~crc ^ byte;
    for (int32_t bit = 0; bit < 8; ++bit) {
        value = (value >> 1) ^ ((value & 1u) != 0u ? 0xedb88320u : 0u);
    }
    return ~value;
}

/* Read up to the end of a line; give the number of characters, which may exceed the buffer. */
static uint32_t receive(void)
{
    uint32_t count = 0u;
    for (;;) {
        const char c = (char)uart_getc();
        if (c == '\n') {
            return count;
        }
        if (c == '\r') {
            continue;
        }
        if (count < BUFFER_BYTES) {
            buffer[count] = c;
        }
        count += count <= BUFFER_BYTES ? 1u : 0u;
    }
}

/* Compare the CRC at `text`, in digits of either case, with `crc`. */
static int crc_matches(const char *text, uint32_t crc)
{
    for (uint32_t i = 0u; i < CRC_DIGITS; ++i) {
        const char wanted = digits[(crc >> (28u - 4u * i)) & 15u];
        const char c = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] + ('a' - 'A')) : text[i];
        if (c != wanted) {
            return 0;
        }
    }
    return 1;
}

line_status line_read(const char **payload)
{
    uint32_t count = 0u;
    while (count == 0u) {
        count = receive();
    }
    *payload = buffer;
    if (count >= BUFFER_BYTES) {
        return LINE_TOO_LONG;
    }
    if (count <= CRC_DIGITS || buffer[count - CRC_DIGITS - 1u] != '*') {
        return LINE_BAD_CRC;
    }
    const uint32_t length = count - CRC_DIGITS - 1u;
    uint32_t crc = CRC32_EMPTY;
    for (uint32_t i = 0u; i < length; ++i) {
        crc = crc32_add(crc, (uint8_t)buffer[i]);
    }
    if (!crc_matches(&buffer[length + 1u], crc)) {
        return LINE_BAD_CRC;
    }
    buffer[length] = '\0';
    return LINE_OK;
}

static void put(char c)
{
    sent_crc = crc32_add(sent_crc, (uint8_t)c);
    uart_putc((uint8_t)c);
}

void line_begin(void)
{
    sent_crc = CRC32_EMPTY;
}

void line_text(const char *text)
{
    for (; *text != '\0'; ++text) {
        put(*text);
    }
}

void line_decimal(uint32_t value)
{
    char reversed[10];
    uint32_t count = 0u;
    do {
        reversed[count++] = digits[value % 10u];
        value /= 10u;
    } while (value != 0u);
    while (count > 0u) {
        put(reversed[--count]);
    }
}

void line_hex8(uint8_t value)
{
    put(digits[value >> 4]);
    put(digits[value & 15u]);
}

void line_hex32(uint32_t value)
{
    for (int32_t shift = 24; shift >= 0; shift -= 8) {
        line_hex8((uint8_t)(value >> shift));
    }
}

void line_end(void)
{
    const uint32_t crc = sent_crc;
    put('*');
    line_hex32(crc);
    uart_putc('\n');
}
