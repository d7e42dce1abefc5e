/* What ends a detector: of many boxes, the few best that do not overlap. */
#ifndef TE_DETECTION_H
#define TE_DETECTION_H

#include "te_rows.h"

typedef struct {
    int32_t boxes;            /* n, in [1, 65534] */
    int32_t encoding_bytes;   /* of a box, 4 or more; the first are y, x, h, w */
    int32_t prediction_bytes; /* of a box: a score of each class, after the background's if any */
    int32_t background;       /* 1 where that is predicted, else 0 */
    int32_t classes;          /* without the background */
    int32_t most;             /* boxes that are given, with their classes */
    int32_t classes_each;     /* places of a box in the outputs, of which there are */
    int32_t places;           /* most * classes_each */
    int32_t most_of_class;    /* boxes that a class takes, where each takes its own */
    int32_t least;            /* the least rank that is taken, in [0, 256] */
    uint32_t overlap;         /* times 2^-31: intersections of more of a union are too much */
    uint8_t by_class;         /* each class takes its own boxes */
    uint8_t rank_flip;        /* bits that make ranks of scores, in their order: 0x80 for int8 */
    int8_t zero;              /* the score of places that are left over */
    uint8_t center_shift;     /* of products of centres, in [1, 61] */
    uint8_t size_shift;       /* of products of sizes, in [1, 61] */
    const int32_t *center_y;  /* [256], by the encoding's byte: what an anchor's height is */
    const int32_t *center_x;  /* multiplied by, and its width, */
    const int32_t *half_h;    /* and the same for half of the height, */
    const int32_t *half_w;    /* and half of the width */
    const int32_t *anchors;   /* [n][4]: centre's y and x, height, width */
} te_detection_post_process_params;

/* encodings [n][encoding_bytes] and predictions [n][prediction_bytes] become `count` boxes: corners
 * [places][4] (least y and x, greatest y and x), classes [places] and scores [places].
 *
 * Boxes are taken by falling score while no box taken before overlaps them too much: of a class its
 * own, or all by their best class. While that goes on, corners have 7 bits more than in the end. A
 * centre is the anchor's + (table[b] * size >> shift), b an encoding's byte; products are rounded.
 *
 * Scratch: 2 bytes for each box, for each of 256 ranks, and for each of `classes_each` classes.
 * All rows in one call, and no output where an input is.
 */
void te_detection_post_process_s8(const te_detection_post_process_params *op, te_src encodings,
                                  te_src predictions, te_dst boxes, te_dst classes, te_dst scores,
                                  te_dst count, int32_t first, int32_t last, void *scratch);

typedef struct {
    int32_t boxes;     /* n, in [1, 65534] */
    int32_t most;      /* indices that are given */
    int32_t least;     /* the least rank that is taken, in [0, 256] */
    uint32_t overlap;  /* times 2^-31: intersections of so much of a union are too much */
    uint8_t rank_flip; /* bits that make ranks of scores, in their order: 0x80 for int8 */
    uint8_t box_flip;  /* bits that make unsigned numbers of corners: 0x80 for int8 */
    int8_t zero;       /* the score of what is left over */
} te_non_max_suppression_params;

/* boxes [n][4], any two opposite corners, and scores [n] become the indices [most] and the scores
 * [most] of `count` boxes, taken by falling score while no box taken before overlaps them too much.
 *
 * Scratch: 2 bytes for each box. All rows in one call, and no output where an input is.
 */
void te_non_max_suppression_s8(const te_non_max_suppression_params *op, te_src boxes, te_src scores,
                               te_dst indices, te_dst best, te_dst count, int32_t first,
                               int32_t last, void *scratch);

#endif
