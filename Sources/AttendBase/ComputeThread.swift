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
private final class JobQueue: Sendable {
  private struct State {
    var jobs: [ComputeThread.Job] = []
    var isClosed = false
  }

  private let name: String
  private let state = Monitor(State())

  init(name: String) { self.name = name }

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

  func append(_ job: @escaping ComputeThread.Job) { state.change { $0.jobs.append(job) } }

  func close() { state.change { $0.isClosed = true } }

  /// nil when the queue is empty and closed.
  private func next() -> ComputeThread.Job? {
    state.wait { state -> ComputeThread.Job?? in
      guard state.jobs.isEmpty else { return .some(state.jobs.removeFirst()) }
      return state.isClosed ? .some(nil) : nil
    }
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
