#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A thread of a model's own. Computing takes long, and Swift's cooperative pool is for work that is short: async callers
/// queue here, first come, first served.
///
/// The thread ends when the last reference to this object is gone and the queue is empty.
package final class ComputeThread: Sendable {
  package typealias Job = @Sendable () -> Void

  private let queue: JobQueue

  /// - Parameter name: for debuggers, where the system has such names.
  /// - Throws: `system` when the system has no more threads.
  package init(name: String) throws(AttendError) {
    queue = JobQueue(name: name)
    try queue.start()
  }

  deinit { queue.close() }

  package func enqueue(_ job: @escaping Job) { queue.append(job) }

  /// Runs `body` on the thread and waits for it without blocking the caller's thread.
  package func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      enqueue { continuation.resume(with: Swift.Result { try body() }) }
    }
  }
}

/// What the thread and its owner share.
private final class JobQueue: @unchecked Sendable {
  // Sendable: `jobs` and `isClosed` are touched only while `mutex` is held.
  private let name: String
  private var jobs: [ComputeThread.Job] = []
  private var isClosed = false
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  init(name: String) {
    self.name = name
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    condition.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// The same everywhere: some systems give threads 128 KiB, too little for compute.
  private static let stackBytes = 8 << 20

  func start() throws(AttendError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, JobQueue.stackBytes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let reference = Unmanaged.passRetained(self)
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let code = pthread_create(&thread, &attributes, computeThreadBody, reference.toOpaque())
    guard code == 0 else {
      reference.release()
      throw AttendError(
        .system, "cannot start a thread: \(String(cString: strerror(code)))",
        hint: "raise the limit on threads (ulimit -u)")
    }
  }

  func append(_ job: @escaping ComputeThread.Job) {
    pthread_mutex_lock(mutex)
    jobs.append(job)
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
  }

  func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    pthread_cond_signal(condition)
    pthread_mutex_unlock(mutex)
  }

  /// nil when the queue is empty and closed.
  private func next() -> ComputeThread.Job? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while jobs.isEmpty, !isClosed { pthread_cond_wait(condition, mutex) }
    return jobs.isEmpty ? nil : jobs.removeFirst()
  }

  func work() {
    #if canImport(Darwin)
      pthread_setname_np(name)
    #endif
    while let job = next() { job() }
  }
}

#if canImport(Darwin)
  private func computeThreadBody(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<JobQueue>.fromOpaque(argument).takeRetainedValue().work()
    return nil
  }
#else
  private func computeThreadBody(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    // `start` passes the queue, retained.
    if let argument { Unmanaged<JobQueue>.fromOpaque(argument).takeRetainedValue().work() }
    return nil
  }
#endif
