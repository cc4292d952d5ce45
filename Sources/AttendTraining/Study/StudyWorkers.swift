import AttendBase
import AttendTensor

/// Runs a task's jobs side by side, each on one thread: small models gain nothing from sharing one.
package struct StudyWorkers: Sendable {
  package let task: StudyTask
  package let isCancelled: @Sendable () -> Bool
  package let onEvent: @Sendable (StudyEvent) -> Void
  /// Where finished runs are written down, if anywhere.
  private let journal: StudyJournal?
  /// The jobs of the task before those that ``run(_:)`` is given, and all of its jobs; nil where these are all.
  private var place: (before: Int, total: Int)?

  package init(
    task: StudyTask, journal: StudyJournal? = nil, isCancelled: @escaping @Sendable () -> Bool = { false },
    onEvent: @escaping @Sendable (StudyEvent) -> Void = { _ in }
  ) {
    self.task = task
    self.journal = journal
    self.isCancelled = isCancelled
    self.onEvent = onEvent
  }

  /// Workers for a part of a task's jobs.
  func counting(from before: Int, of total: Int) -> StudyWorkers {
    var workers = self
    workers.place = (before, total)
    return workers
  }

  /// What `run` gives, or gave earlier, when the study's journal has it.
  /// - Parameter key: names the run among the task's.
  func remembering(_ key: String, _ run: () throws -> Contest.Outcome) throws -> Contest.Outcome {
    guard let journal else { return try run() }
    return try journal.outcome("\(task.rawValue) \(key)", run)
  }

  /// The jobs' results in the jobs' order. A result depends on its job alone, not on who ran it or when.
  /// - Throws: what the first of the failed jobs threw; `CancellationError`.
  package func run<Value: Sendable>(_ jobs: [@Sendable () throws -> Value]) throws -> [Value] {
    let total = jobs.count
    let results = Locked<[Int: Result<Value, any Error>]>([:])
    let (before, all) = place ?? (0, total)
    onEvent(.progress(task, done: before, total: all))
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
          onEvent(.progress(task, done: before + known.count, total: all))
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
