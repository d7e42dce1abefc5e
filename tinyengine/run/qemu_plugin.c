/* A TCG plugin for QEMU: counts what executes between two marker functions, by the call of the model.
 *
 * Arguments: `begin` and `end`, the addresses of the markers; `ranges`, a file with the addresses of
 * the model's own functions; `out`, the file that gets the counts whenever the end marker runs: the
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
size_t qemu_plugin_insn_size(const struct insn *insn);
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

/* Called whenever a block is translated. */
static void on_translation(plugin_id id, struct tb *tb)
{
    struct block *block = malloc(sizeof *block);
    (void)id;
    if (block == NULL) {
        edges.failed = true;
        return;
    }
    const struct insn *last = qemu_plugin_tb_get_insn(tb, qemu_plugin_tb_n_insns(tb) - 1u);
    block->address = (uint32_t)qemu_plugin_tb_vaddr(tb);
    block->nbytes =
        (uint32_t)(qemu_plugin_insn_vaddr(last) + qemu_plugin_insn_size(last)) - block->address;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, 0, block);
}

/* Takes the addresses from a file of words; false where it cannot be read. */
static bool read_ranges(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    fseek(file, 0, SEEK_END);
    const size_t nbytes = (size_t)ftell(file);
    rewind(file);
    uint32_t *words = malloc(nbytes + 1u);
    bool done = words != NULL && fread(words, 1, nbytes, file) == nbytes;
    done = done && te_edges_init(&edges, words, nbytes / (2u * sizeof *words));
    free(words);
    fclose(file);
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
    const char *ranges = argument(argc, argv, "ranges");
    (void)info;
    out_path = argument(argc, argv, "out");
    if (begin == NULL || end == NULL || out_path == NULL || ranges == NULL ||
        !read_ranges(ranges)) {
        return 1;
    }
    begin_marker = (uint32_t)strtoul(begin, NULL, 0);
    end_marker = (uint32_t)strtoul(end, NULL, 0);
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    return 0;
}
