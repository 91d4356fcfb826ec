/* faults.h - an allocator that counts, and that fails where it is told to
   SPDX-License-Identifier: MIT-0 OR Unlicense

      test_faults f = {0};
      f.fail_at = 3;                                   // the third allocation answers NULL, as do all after it
      desc.allocator = test_faults_allocator(&f);
      ...
      CHECK(f.live == 0);                              // everything was given back

   Include after bert_tokenizer.h and test.h. Blocks carry their size in front, and are filled with junk at both ends of
   their life, so that who reads too early or too late sees it. */
#ifndef FAULTS_H
#define FAULTS_H

typedef struct test_faults {
    long fail_at;                   /* 0: never */
    int once;                       /* only that one fails, the next succeed again */
    long count;                     /* allocations asked for */
    long live;                      /* blocks not freed yet */
    size_t bytes, peak;
} test_faults;

TEST_FN void *test_faults_alloc(size_t size, void *user)
{
    test_faults *f = (test_faults *)user;
    char *p;
    f->count++;
    if (f->fail_at && (f->once ? f->count == f->fail_at : f->count >= f->fail_at)) return NULL;
    if (size > SIZE_MAX / 4 || (p = (char *)malloc(size + 16)) == NULL) return NULL;
    memcpy(p, &size, sizeof size);
    memset(p + 16, 0xA5, size);
    f->live++;
    f->bytes += size;
    if (f->bytes > f->peak) f->peak = f->bytes;
    return p + 16;
}
TEST_FN void test_faults_free(void *memory, void *user)
{
    test_faults *f = (test_faults *)user;
    char *p = (char *)memory - 16;
    size_t size;
    memcpy(&size, p, sizeof size);
    memset(p, 0x5A, size + 16);
    f->live--;
    f->bytes -= size;
    free(p);
}
TEST_FN bert_allocator test_faults_allocator(test_faults *f)
{
    bert_allocator a;
    a.alloc = test_faults_alloc;
    a.free = test_faults_free;
    a.user = f;
    return a;
}

#endif
