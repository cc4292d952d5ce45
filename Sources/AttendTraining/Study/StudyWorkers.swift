import AttendBase
import AttendTensor

/// Runs a task's jobs side by side, each on one thread: small models gain nothing from sharing one.
package struct StudyWorkers: Sendable {
  package let task: StudyTask
  package let isCancelled: @Sendable () -> Bool
  package let onEvent: @Sendable (StudyEvent) -> Void

  package init(
    task: StudyTask, isCancelled: @escaping @Sendable () -> Bool = { false },
    onEvent: @escaping @Sendable (StudyEvent) -> Void = { _ in }
  ) {
    self.task = task
    self.isCancelled = isCancelled
    self.onEvent = onEvent
  }

  /// The jobs' results in the jobs' order. A result depends on its job alone, not on who ran it or when.
  /// - Throws: what the first of the failed jobs threw; `CancellationError`.
  package func run<Value: Sendable>(_ jobs: [@Sendable () throws -> Value]) throws -> [Value] {
    let total = jobs.count
    let results = Locked<[Int: Result<Value, any Error>]>([:])
    onEvent(.progress(task, done: 0, total: total))
    let next = Locked(0)
    // Each thread takes the next job when it is done with one: jobs differ in length.
    parallelFor(min(total, Hardware.threads), grain: 1) { _ in
      while let index = next.withLock({ next in
        defer { next += 1 }
        return next < total ? next : nil
      }) {
        let result = Result { () throws -> Value in
          try checkCancellation()
          return try jobs[index]()
        }
        results.withLock { known in
          known[index] = result
          onEvent(.progress(task, done: known.count, total: total))
        }
      }
    }
    let known = results.withLock { $0 }
    return try jobs.indices.compactMap { try known[$0]?.get() }
  }

  package func checkCancellation() throws {
    if isCancelled() { throw CancellationError() }
  }
}
