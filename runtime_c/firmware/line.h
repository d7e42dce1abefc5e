/* Checked lines: `PAYLOAD*CCCCCCCC`, with the CRC-32 of the payload in eight hex digits. */
#ifndef LINE_H
#define LINE_H

#include <stdint.h>

/* The longest payload that can be received: `IN`, two numbers and 256 bytes in hex. */
#define LINE_MAX_PAYLOAD 560u

typedef enum { LINE_OK, LINE_TOO_LONG, LINE_BAD_CRC } line_status;

/* Give the CRC-32 of the bytes that `crc` covers and one more.
 * The CRC of no bytes is CRC32_EMPTY; polynomial 0xEDB88320, reflected, as in zlib.
 * Source: RFC 1952, section 8.
 */
#define CRC32_EMPTY 0u
uint32_t crc32_add(uint32_t crc, uint8_t byte);

/* Wait for a line that is not empty; its payload, ended by a NUL, stands in `*payload` until the
 * next call.
 */
line_status line_read(const char **payload);

/* Send one line: begin, any number of parts, end (which adds the CRC). */
void line_begin(void);
void line_text(const char *text);
void line_decimal(uint32_t value);
void line_hex8(uint8_t value);
void line_hex32(uint32_t value);
void line_end(void);

#endif
