// The thread pool: one region at a time, its chunks claimed one by one by whoever is there.
//
// On a shared machine a worker may not get a processor for milliseconds. So nobody waits for a worker as such: the
// caller takes chunks until none is left and then waits only for those that a worker has really begun.
#define _GNU_SOURCE
#include "at_runtime.h"
#include "threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum {
  AT_MOST_THREADS = 256,
  AT_ROUNDS = 6,  // chunks for each thread; a region's last chunks are 1/32 of a thread's part
  AT_SPIN_NANOSECONDS = 20000,
  AT_LINE = 128,                 // two cache lines: processors prefetch them in pairs
};

typedef struct worker {
  _Alignas(AT_LINE) _Atomic(uint32_t) parked;  // 1 while it sleeps; who clears it wakes it
  pthread_t thread;
} worker;

static struct {
  _Alignas(AT_LINE) _Atomic(uint32_t) remaining;  // chunks that nobody has claimed
  _Alignas(AT_LINE) _Atomic(uint32_t) finished;   // chunks done, added by each thread when it finds no more
  _Atomic(uint32_t) caller_sleeps;
  _Atomic(int) caller_processor;
  _Alignas(AT_LINE) _Atomic(uint32_t) parked_count;
  _Atomic(bool) stopping;
  // The region. Written by the owner of `busy` while nothing remains; read only by who has claimed a chunk.
  _Alignas(AT_LINE) at_range_body body;
  void *context;
  size_t count;
  uint32_t chunks, per_round;
  _Alignas(AT_LINE) _Atomic(uint32_t) busy;  // owned by the caller of the running region
  _Atomic(uint64_t) regions;
  int started;     // threads that the pool has now, the caller included; 0: not started
  int asked;       // the number they were started for
  worker *workers;
  _Atomic(int) wanted;  // 0: the machine's default
  _Atomic(int) machine_default;
} pool;

static _Thread_local bool inside_region;

// ---- chunks ----------------------------------------------------------------------------------------
// In the order of their indices chunks grow smaller: the first round hands out half of the region, one chunk for each
// thread, every further one half of what is left, the last one all of it. So a thread reads long stretches, and yet
// nobody waits long at the end for another one's last chunk.

// Where round `round` of all `rounds` begins.
static size_t round_begin(size_t count, uint32_t round, uint32_t rounds) {
  return round == rounds ? count : count - (count >> round);
}

static void run_chunk(uint32_t index) {
  uint32_t per_round = pool.per_round, round = index / per_round, part = index % per_round;
  size_t start = round_begin(pool.count, round, pool.chunks / per_round);
  size_t size = round_begin(pool.count, round + 1, pool.chunks / per_round) - start;
  size_t each = size / per_round, longer = size % per_round;
  size_t begin = start + part * each + (part < longer ? part : longer);
  pool.body(pool.context, begin, begin + each + (part < longer));
}

// Claims and runs chunks until none is left; returns how many it ran. A successful claim pins the region: it cannot
// end, and so its description cannot change, before the claimer has added to `finished`.
static uint32_t run_chunks(void) {
  uint32_t done = 0;
  uint32_t left = atomic_load_explicit(&pool.remaining, memory_order_relaxed);
  while (left != 0) {
    if (!atomic_compare_exchange_weak_explicit(&pool.remaining, &left, left - 1, memory_order_acquire,
                                               memory_order_relaxed))
      continue;
    run_chunk(pool.chunks - left);
    done++;
    left = atomic_load_explicit(&pool.remaining, memory_order_relaxed);
  }
  return done;
}

// ---- workers ---------------------------------------------------------------------------------------

static bool unpark(worker *w) {
  uint32_t one = 1;
  if (!atomic_compare_exchange_strong(&w->parked, &one, 0)) return false;
  atomic_fetch_sub(&pool.parked_count, 1);
  return true;
}

static void wake_workers(uint32_t most) {
  for (int i = 0; i < pool.started - 1 && most > 0 && atomic_load(&pool.parked_count) != 0; i++) {
    if (!unpark(&pool.workers[i])) continue;
    at_wake(&pool.workers[i].parked);
    most--;
  }
}

// When the other processors are busy, the system may put a worker on the caller's own: there it must not spin.
static bool shares_processor(void) {
  int processor = at_processor();
  return processor >= 0 && processor == atomic_load_explicit(&pool.caller_processor, memory_order_relaxed);
}

typedef enum call { CALL_NONE, CALL_WORK, CALL_STOP } call;

static call current_call(void) {
  if (atomic_load(&pool.remaining) != 0) return CALL_WORK;
  return atomic_load(&pool.stopping) ? CALL_STOP : CALL_NONE;
}

static call spin_for_call(void) {
  uint64_t deadline = at_nanoseconds() + AT_SPIN_NANOSECONDS;
  do {
    for (int i = 0; i < 32; i++) {
      call heard = current_call();
      if (heard != CALL_NONE) return heard;
      at_pause();
    }
  } while (!shares_processor() && at_nanoseconds() < deadline);
  return CALL_NONE;
}

// Returns when chunks remain; false when the pool stops.
static bool wait_for_work(worker *self) {
  for (;;) {
    call heard = shares_processor() ? current_call() : spin_for_call();
    if (heard != CALL_NONE) return heard == CALL_WORK;
    // Counted before it can be seen: a count of none says that nobody is parked.
    atomic_fetch_add(&pool.parked_count, 1);
    atomic_store(&self->parked, 1);
    // Either the caller sees us parked or we see its call.
    if (current_call() != CALL_NONE && unpark(self)) continue;
    while (atomic_load(&self->parked) == 1) at_wait_on(&self->parked, 1);
  }
}

static void *work(void *argument) {
  inside_region = true;
  while (wait_for_work(argument)) {
    uint32_t done = run_chunks();
    if (done == 0) continue;
    uint32_t chunks = pool.chunks;  // after the addition the region may be over
    if (atomic_fetch_add(&pool.finished, done) + done == chunks && atomic_load(&pool.caller_sleeps))
      at_wake(&pool.finished);
  }
  return NULL;
}

static void stop_workers(void) {
  atomic_store(&pool.stopping, true);
  wake_workers(AT_MOST_THREADS);
  for (int i = 0; i < pool.started - 1; i++) pthread_join(pool.workers[i].thread, NULL);
  atomic_store(&pool.stopping, false);
  free(pool.workers);
  pool.workers = NULL;
  pool.started = 0;
}

// A forked child has only the thread that called fork.
static void forget_workers(void) {
  atomic_store(&pool.remaining, 0);
  atomic_store(&pool.parked_count, 0);
  atomic_store(&pool.caller_sleeps, 0);
  atomic_store(&pool.stopping, false);
  atomic_store(&pool.wanted, 1);
  pool.workers = NULL;
  pool.started = pool.asked = 1;
  atomic_store(&pool.busy, 0);
}

static void register_fork_handler(void) { pthread_atfork(NULL, NULL, forget_workers); }

// Called by the owner of `busy`.
static void start_workers(int threads) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, register_fork_handler);
  if (pool.started) stop_workers();
  pool.asked = threads;
  pool.started = 1;
  if (threads == 1) return;
  void *memory = NULL;
  if (posix_memalign(&memory, AT_LINE, (size_t)(threads - 1) * sizeof(worker)) != 0) return;
  pool.workers = memory;
  // Signals belong to the program's own threads.
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  for (int i = 0; i < threads - 1; i++) {
    atomic_init(&pool.workers[i].parked, 0);
    if (pthread_create(&pool.workers[i].thread, NULL, work, &pool.workers[i]) != 0) break;
    pool.started++;
  }
  pthread_sigmask(SIG_SETMASK, &old, NULL);
}

// ---- the number of threads -------------------------------------------------------------------------

int at_threads(void) {
  int wanted = atomic_load_explicit(&pool.wanted, memory_order_relaxed);
  if (wanted) return wanted;
  int known = atomic_load_explicit(&pool.machine_default, memory_order_relaxed);
  if (!known) atomic_store_explicit(&pool.machine_default, known = at_default_threads(), memory_order_relaxed);
  return known;
}

void at_set_threads(int count) {
  if (count <= 0) atomic_store(&pool.machine_default, at_default_threads());
  atomic_store(&pool.wanted, count <= 0 ? 0 : count > AT_MOST_THREADS ? AT_MOST_THREADS : count);
  if (inside_region) return;  // the next region sees it
  while (atomic_exchange_explicit(&pool.busy, 1, memory_order_acquire) != 0)
    nanosleep(&(struct timespec){.tv_nsec = 50000}, NULL);
  if (pool.asked != at_threads()) start_workers(at_threads());
  atomic_store_explicit(&pool.busy, 0, memory_order_release);
}

uint64_t at_parallel_regions(void) { return atomic_load_explicit(&pool.regions, memory_order_relaxed); }

// ---- regions ---------------------------------------------------------------------------------------

static void wait_for_claimed(uint32_t chunks) {
  uint64_t deadline = at_nanoseconds() + AT_SPIN_NANOSECONDS;
  do {
    for (int i = 0; i < 32; i++) {
      if (atomic_load_explicit(&pool.finished, memory_order_acquire) == chunks) return;
      at_pause();
    }
  } while (at_nanoseconds() < deadline);
  atomic_store(&pool.caller_sleeps, 1);
  for (uint32_t seen; (seen = atomic_load(&pool.finished)) != chunks;) at_wait_on(&pool.finished, seen);
  atomic_store(&pool.caller_sleeps, 0);
}

static void run_inline(size_t count, at_range_body body, void *context) {
  bool outer = inside_region;
  inside_region = true;
  body(context, 0, count);
  inside_region = outer;
}

void at_parallel_for(size_t count, size_t grain, at_range_body body, void *context) {
  if (count == 0) return;
  int threads = at_threads();
  size_t most = count / (grain ? grain : 1);
  if (inside_region || threads == 1 || most < 2 ||
      atomic_exchange_explicit(&pool.busy, 1, memory_order_acquire) != 0) {
    run_inline(count, body, context);
    return;
  }
  if (pool.asked != threads) start_workers(threads);
  // As many rounds as leave no chunk below the grain.
  uint32_t per_round = most < (size_t)pool.started ? (uint32_t)most : (uint32_t)pool.started, rounds = 1;
  while (rounds < AT_ROUNDS && (count >> rounds) / per_round >= (grain ? grain : 1)) rounds++;
  uint32_t chunks = rounds * per_round;
  at_thread()->regions++;
  atomic_store_explicit(&pool.regions, atomic_load_explicit(&pool.regions, memory_order_relaxed) + 1,
                        memory_order_relaxed);
  pool.body = body;
  pool.context = context;
  pool.count = count;
  pool.chunks = chunks;
  pool.per_round = per_round;
  atomic_store_explicit(&pool.caller_processor, at_processor(), memory_order_relaxed);
  atomic_store_explicit(&pool.finished, 0, memory_order_relaxed);
  atomic_store(&pool.remaining, chunks);
  if (atomic_load(&pool.parked_count) != 0) wake_workers(chunks - 1);

  inside_region = true;
  uint32_t done = run_chunks();
  inside_region = false;
  // No worker took part when the caller ran all chunks itself.
  if (done != chunks) {
    atomic_fetch_add(&pool.finished, done);
    wait_for_claimed(chunks);
  }
  atomic_store_explicit(&pool.busy, 0, memory_order_release);
}
