/* A TCG plugin for QEMU: counts what executes between two marker functions, by the call of the model.
 *
 * Arguments: `begin` and `end`, the addresses of the markers; `ranges`, a file with the addresses of
 * the model's own functions; `code`, a file with the executable bytes, and `base`, the address of the
 * first of them; `out`, the file that gets the counts whenever the end marker runs: the
 * number of pairs of markers, then one `struct te_edge` after the other.
 *
 * QEMU's header is no part of what distributions install, so what is used of it is declared here.
 * Source: QEMU's documentation, "QEMU TCG Plugins", API.
 */
#include <stdio.h>

#include "edges.h"

typedef uint64_t plugin_id;
struct tb;
struct insn;
typedef void (*tb_callback)(plugin_id id, struct tb *tb);
typedef void (*exec_callback)(unsigned int vcpu, void *user);

size_t qemu_plugin_tb_n_insns(const struct tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct tb *tb);
struct insn *qemu_plugin_tb_get_insn(const struct tb *tb, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct insn *insn);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, tb_callback callback);
void qemu_plugin_register_vcpu_tb_exec_cb(struct tb *tb, exec_callback callback, int flags,
                                          void *user);

/* What QEMU looks for. */
extern int qemu_plugin_version;
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);

/* The version of the interface: TE_QEMU_PLUGIN_VERSION is set by whoever compiles this. */
int qemu_plugin_version = TE_QEMU_PLUGIN_VERSION;

/* One translated block. QEMU translates a block again when it has dropped it, so there may be several
 * of the same; they are kept until the process ends. */
struct block {
    uint32_t address, nbytes;
};

static struct te_edges edges;
static uint8_t *code;
static size_t code_nbytes;
static uint32_t code_base;
static uint32_t begin_marker, end_marker;
static uint64_t pairs;
static bool active;
static const char *out_path;

/* Writes the counts, those of a short memory as none. */
static void write_counts(void)
{
    FILE *file = fopen(out_path, "wb");
    if (file == NULL) {
        return;
    }
    fwrite(&pairs, sizeof pairs, 1, file);
    for (size_t i = 0; !edges.failed && i < edges.nslots; i++) {
        if (edges.slots[i].count != 0) {
            fwrite(&edges.slots[i], sizeof edges.slots[i], 1, file);
        }
    }
    fclose(file);
}

/* Called whenever a block executes. */
static void on_block(unsigned int vcpu, void *user)
{
    const struct block *block = user;
    (void)vcpu;
    if (block->address == begin_marker) {
        te_edges_reset(&edges);
        pairs = 0;
        active = true;
    } else if (block->address == end_marker && active) {
        active = false;
        pairs++;
        write_counts();
    }
    if (active) {
        te_edges_count(&edges, block->address, block->nbytes);
    }
}

/* Gives the bytes of the Thumb instruction at `address`, by its first halfword (Armv7-M ARM, A5.1):
 * what QEMU says of the size counts what it has looked at of the next instruction. */
static uint32_t instruction_nbytes(uint32_t address)
{
    const size_t at = address - code_base;
    return at + 1u < code_nbytes && (code[at + 1u] >> 3) < 0x1d ? 2 : 4;
}

/* Called whenever a block is translated. */
static void on_translation(plugin_id id, struct tb *tb)
{
    struct block *block = malloc(sizeof *block);
    (void)id;
    if (block == NULL) {
        edges.failed = true;
        return;
    }
    const size_t last_index = qemu_plugin_tb_n_insns(tb) - 1u;
    const uint32_t last = (uint32_t)qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, last_index));
    block->address = (uint32_t)qemu_plugin_tb_vaddr(tb);
    block->nbytes = last + instruction_nbytes(last) - block->address;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, 0, block);
}

/* Gives the bytes of a file, to be freed, and their number; null where it cannot be read. */
static void *read_file(const char *path, size_t *nbytes)
{
    FILE *file = path != NULL ? fopen(path, "rb") : NULL;
    if (file == NULL) {
        return NULL;
    }
    fseek(file, 0, SEEK_END);
    *nbytes = (size_t)ftell(file);
    rewind(file);
    void *bytes = malloc(*nbytes + 1u);
    if (bytes != NULL && fread(bytes, 1, *nbytes, file) != *nbytes) {
        free(bytes);
        bytes = NULL;
    }
    fclose(file);
    return bytes;
}

/* Takes the addresses from a file of words; false where it cannot be read. */
static bool read_ranges(const char *path)
{
    size_t nbytes = 0;
    uint32_t *words = read_file(path, &nbytes);
    const bool done = words != NULL && te_edges_init(&edges, words, nbytes / (2u * sizeof *words));
    free(words);
    return done;
}

/* Gives the value of an argument; null where it is missing. */
static const char *argument(int argc, char **argv, const char *name)
{
    const size_t length = strlen(name);
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=') {
            return argv[i] + length + 1;
        }
    }
    return NULL;
}

/* QEMU calls this once. */
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    const char *begin = argument(argc, argv, "begin"), *end = argument(argc, argv, "end");
    const char *base = argument(argc, argv, "base");
    (void)info;
    out_path = argument(argc, argv, "out");
    code = read_file(argument(argc, argv, "code"), &code_nbytes);
    if (begin == NULL || end == NULL || base == NULL || out_path == NULL || code == NULL ||
        !read_ranges(argument(argc, argv, "ranges"))) {
        return 1;
    }
    code_base = (uint32_t)strtoul(base, NULL, 0);
    begin_marker = (uint32_t)strtoul(begin, NULL, 0);
    end_marker = (uint32_t)strtoul(end, NULL, 0);
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    return 0;
}
