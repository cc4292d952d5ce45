#include "property_runtime.h"
#include "property_support.h"

#include <pthread.h>
#include <stdatomic.h>
#if defined(__linux__)
#include <sys/wait.h>
#include <unistd.h>
#endif

// ---- the pool --------------------------------------------------------------------------------------

typedef struct visits {
  _Atomic(unsigned char) *count;
  size_t grain, total;
  _Atomic(size_t) shortest;
  bool nested;
} visits;

static void visit_one(void *context, size_t begin, size_t end) {
  visits *v = context;
  for (size_t i = begin; i < end; i++) atomic_fetch_add(&v->count[i], 1);
}

static void visit(void *context, size_t begin, size_t end) {
  visits *v = context;
  size_t shortest = atomic_load(&v->shortest);
  while (end - begin < shortest && !atomic_compare_exchange_weak(&v->shortest, &shortest, end - begin)) {}
  if (v->nested) {
    // A region inside a region, over the same indices.
    visits inner = {.count = v->count + begin, .total = end - begin};
    at_parallel_for(end - begin, 1, visit_one, &inner);
  } else {
    visit_one(v, begin, end);
  }
}

// One region; true when every index was visited once, in ranges that are not too short.
static bool region_is_right(size_t total, size_t grain, bool nested) {
  visits v = {.count = calloc(total + 1, 1), .total = total, .nested = nested};
  atomic_init(&v.shortest, SIZE_MAX);
  at_parallel_for(total, grain, visit, &v);
  bool right = total == 0 || atomic_load(&v.shortest) >= (grain < total ? grain : total);
  for (size_t i = 0; i < total; i++) right &= atomic_load(&v.count[i]) == 1;
  free((void *)v.count);
  return right;
}

typedef struct caller {
  uint64_t seed;
  int cases;
  bool resizes;
  bool right;
} caller;

static void *call_often(void *argument) {
  caller *me = argument;
  check c = {.state = me->seed};
  me->right = true;
  for (int i = 0; i < me->cases; i++) {
    if (me->resizes && chance(&c, 4)) at_set_threads((int)below(&c, 5));
    me->right &= region_is_right(below(&c, 300), 1 + below(&c, 20), chance(&c, 4));
  }
  return NULL;
}

static void resize_inside(void *context, size_t begin, size_t end) {
  (void)begin;
  (void)end;
  at_set_threads(*(int *)context);
}

#if defined(__linux__) && !defined(__SANITIZE_THREAD__)
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define NO_FORK 1
#endif
#endif
#else
#define NO_FORK 1
#endif

// A child has one thread, whatever the pool did at that moment.
static void check_fork(check *c) {
#if !defined(NO_FORK)
  at_set_threads(3);
  region_is_right(100, 1, false);
  pid_t child = fork();
  if (child == 0) {
    alarm(20);
    void *block = at_alloc(1000);
    at_free(block, 1000);
    bool right = at_threads() == 1 && region_is_right(1000, 1, true);
    at_set_threads(2);
    right &= at_threads() == 2 && region_is_right(1000, 1, true);
    _exit(right ? 0 : 1);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    report(c, "the pool fails in a forked child");
  if (!region_is_right(1000, 1, false)) report(c, "the pool fails after a fork");
#else
  (void)c;
#endif
}

int at_property_pool(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message)) {
  (void)level;
  check c = {.state = seed, .fail = fail};
  for (int threads = 1; threads <= 5; threads++) {
    at_set_threads(threads);
    if (at_threads() != threads) report(&c, "at_threads() is %d after setting %d", at_threads(), threads);
    for (int i = 0; i < cases; i++) {
      size_t total = chance(&c, 3) ? below(&c, 4) : below(&c, 500), grain = below(&c, 40);
      if (!region_is_right(total, grain, chance(&c, 4)))
        report(&c, "a region of %zu by %zu on %d threads visits wrongly", total, grain, threads);
    }
  }
  int wanted = 2;
  at_parallel_for(64, 1, resize_inside, &wanted);
  if (at_threads() != 2 || !region_is_right(64, 1, false)) report(&c, "resizing inside a region fails");

  caller callers[4];
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) {
    callers[i] = (caller){.seed = draw(&c), .cases = cases, .resizes = i == 0};
    if (pthread_create(&threads[i], NULL, call_often, &callers[i]) != 0) abort();
  }
  for (int i = 0; i < 4; i++) {
    pthread_join(threads[i], NULL);
    if (!callers[i].right) report(&c, "caller %d of four at once was served wrongly", i);
  }
  check_fork(&c);
  at_set_threads(0);
  if (at_threads() != at_default_threads()) report(&c, "0 does not restore the default number of threads");
  if (at_default_threads() < 1) report(&c, "the default number of threads is %d", at_default_threads());
  return c.failures;
}

// ---- memory ----------------------------------------------------------------------------------------

enum { BLOCKS = 64 };

typedef struct block {
  unsigned char *bytes;
  size_t size;
  unsigned char mark;
  bool is_weight;
} block;

static void take(block *b) { b->bytes = b->is_weight ? at_alloc_weights(b->size) : at_alloc(b->size); }

static void give_back(block *b) {
  if (b->is_weight) at_free_weights(b->bytes, b->size);
  else at_free(b->bytes, b->size);
  b->bytes = NULL;
}

static bool is_marked(const block *b) {
  size_t step = b->size > 4096 ? 997 : 1;
  for (size_t i = 0; i < b->size; i += step)
    if (b->bytes[i] != b->mark) return false;
  return b->size == 0 || b->bytes[b->size - 1] == b->mark;
}

// Allocates and frees at random; a block that another one overlaps loses its mark.
static bool churn(check *c, int cases) {
  block blocks[BLOCKS] = {0};
  bool right = true;
  for (int i = 0; i < cases * 20; i++) {
    block *b = &blocks[below(c, BLOCKS)];
    if (b->bytes) {
      right &= is_marked(b);
      give_back(b);
      continue;
    }
    static const size_t most[] = {1, 70, 300, 5000, 100000};
    b->size = below(c, most[below(c, 5)]);
    if (chance(c, 400)) b->size = 4000000 + below(c, 6000000);
    b->mark = (unsigned char)draw(c);
    b->is_weight = chance(c, 2);
    take(b);
    if (!b->bytes || (uintptr_t)b->bytes % 64 != 0) return false;
    memset(b->bytes, b->mark, b->size);
  }
  for (int i = 0; i < BLOCKS; i++) {
    if (!blocks[i].bytes) continue;
    right &= is_marked(&blocks[i]);
    give_back(&blocks[i]);
  }
  return right;
}

static void *churn_often(void *argument) {
  caller *me = argument;
  check c = {.state = me->seed};
  me->right = churn(&c, me->cases);
  char *scratch = at_scratch(1, 10);
  memset(scratch, 1, 10);
  char *same = at_scratch(1, 5);
  me->right &= scratch == same && (uintptr_t)scratch % 64 == 0 && at_scratch(2, 1000000) != (void *)scratch;
  return NULL;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NO_CACHE 1
#endif
#endif

int at_property_memory(const at_kernels *level, uint64_t seed, int cases, void (*fail)(const char *message)) {
  (void)level;
  check c = {.state = seed, .fail = fail};
  at_alloc_statistics before = at_alloc_stats();
  caller callers[3];
  pthread_t threads[3];
  for (int i = 0; i < 3; i++) {
    callers[i] = (caller){.seed = draw(&c), .cases = cases};
    if (pthread_create(&threads[i], NULL, churn_often, &callers[i]) != 0) abort();
  }
  if (!churn(&c, cases)) report(&c, "a block is misaligned or overlaps another");
  for (int i = 0; i < 3; i++) {
    pthread_join(threads[i], NULL);
    if (!callers[i].right) report(&c, "a block of thread %d is misaligned or overlaps another", i);
  }
  at_alloc_statistics after = at_alloc_stats();
  if (after.live_bytes != before.live_bytes)
    report(&c, "%llu bytes stay live", (unsigned long long)(after.live_bytes - before.live_bytes));
  if (at_alloc(SIZE_MAX) || at_alloc(SIZE_MAX / 2) || at_alloc_weights(SIZE_MAX) || at_alloc_weights(SIZE_MAX / 2))
    report(&c, "an absurd size is granted");

#if !defined(NO_CACHE)
  for (size_t size = 0; size < 40000000; size = size * 3 + 1) {
    void *first = at_alloc(size);
    at_free(first, size);
    uint64_t requests = at_alloc_stats().system_allocations;
    void *second = at_alloc(size);
    if (first != second || at_alloc_stats().system_allocations != requests)
      report(&c, "a block of %zu bytes is not found again", size);
    at_free(second, size);
  }
  // Large blocks are kept only up to a limit, until they prove to be needed.
  enum { LARGE = 100 << 20 };
  at_alloc_trim();
  if (at_alloc_stats().cached_bytes != 0) report(&c, "memory stays cached after a trim");
  at_free(at_alloc(LARGE), LARGE);
  if (at_alloc_stats().cached_bytes != 0) report(&c, "a single large block stays cached");
  at_free(at_alloc(LARGE), LARGE);
  at_free(at_alloc(LARGE), LARGE);
  if (at_alloc_stats().cached_bytes == 0) report(&c, "a large block that is needed again is not kept");
  at_alloc_trim();
#endif
  return c.failures;
}
