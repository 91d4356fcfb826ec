/* later.h - a bert_comm whose sums are begun and waited for, made of one that has none of that. Include after bert.h.
   SPDX-License-Identifier: MIT-0 OR Unlicense

   A real one would have them under way by itself; this one takes them all when it is waited for. */
#ifndef LATER_H
#define LATER_H

enum { LATER_SUMS = 128 };
typedef struct later { bert_comm of; float *sum[LATER_SUMS]; int64_t count[LATER_SUMS]; int sums; } later;

static bert_status later_all_reduce(void *user, float *values, int64_t count, bert_error *error)
{
    const bert_comm *of = &((later *)user)->of;
    return of->all_reduce(of->user, values, count, error);
}
static bert_status later_broadcast(void *user, void *data, size_t size, int32_t root, bert_error *error)
{
    const bert_comm *of = &((later *)user)->of;
    return of->broadcast(of->user, data, size, root, error);
}
static bert_status later_start(void *user, float *values, int64_t count, bert_error *error)
{
    later *l = (later *)user;
    if (l->sums == LATER_SUMS) return later_all_reduce(user, values, count, error);
    l->sum[l->sums] = values;
    l->count[l->sums++] = count;
    return BERT_OK;
}
static bert_status later_wait(void *user, bert_error *error)
{
    later *l = (later *)user;
    bert_status st = BERT_OK;
    int k;
    for (k = 0; k < l->sums && st == BERT_OK; k++) st = later_all_reduce(user, l->sum[k], l->count[k], error);
    l->sums = 0;
    return st;
}
static bert_comm later_comm(later *l, bert_comm of)
{
    bert_comm c = of;
    l->of = of;
    l->sums = 0;
    c.all_reduce = later_all_reduce;
    c.broadcast = later_broadcast;
    c.start = later_start;
    c.wait = later_wait;
    c.user = l;
    return c;
}
#endif
