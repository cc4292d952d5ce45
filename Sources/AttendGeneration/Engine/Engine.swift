import AttendBase
import AttendModels
import AttendTensor

/// Runs a scheduler on a thread of its own, turn after turn as long as there is work. Other work of the thread comes
/// between turns.
final class Engine: Sendable {
  private struct Inbox {
    var arrived: [RunningRequest] = []
    var isTurning = false
    /// Requests whose prompts are being made.
    var preparing = 0
    var nextNumber = 0
    var statistics = EngineStatistics()
  }

  private struct Confined: @unchecked Sendable {
    // Sendable: the scheduler is touched on `thread` only.
    let scheduler: Scheduler
  }

  private let thread: ComputeThread
  private let confined: Confined
  private let inbox = Locked(Inbox())
  private let options: EngineOptions
  private let hasDraftModel: Bool

  /// - Throws: `invalid-input` for options that have no meaning.
  init(
    model: any CausalLanguageModel, draft: (any CausalLanguageModel)?, precision: Precision, options: EngineOptions,
    thread: ComputeThread
  ) throws(AttendError) {
    try options.check()
    self.thread = thread
    self.options = options
    let bytes = options.bytes(withDraftModel: draft != nil)
    let drafts = DraftDesk(model: draft.map { DraftModel($0, precision: precision, cacheBytes: bytes.draft) })
    hasDraftModel = draft != nil
    confined = Confined(
      scheduler: Scheduler(model: model, precision: precision, options: options, drafts: drafts))
  }

  var statistics: EngineStatistics { inbox.withLock { $0.statistics } }

  /// What a request wishes, or the best that this engine has.
  func speculation(_ wish: Speculation?) -> Speculation {
    switch wish {
    case nil: hasDraftModel ? .draftModel() : .promptLookup()
    case .draftModel(let most) where !hasDraftModel: .promptLookup(most: most)
    case .some(let speculation): speculation
    }
  }

  /// Announces a request.
  /// - Returns: its number.
  /// - Throws: `overloaded` when too many wait.
  func announce() throws(AttendError) -> Int {
    let limit = options.maxQueued
    return try inbox.withLock { inbox throws(AttendError) in
      guard inbox.preparing + inbox.arrived.count + inbox.statistics.waiting < limit else {
        throw AttendError(
          .overloaded, "\(limit) requests are waiting already",
          hint: "try again later, or let more wait (EngineOptions.maxQueued)")
      }
      inbox.preparing += 1
      inbox.nextNumber += 1
      return inbox.nextNumber
    }
  }

  /// A request that was announced does not come.
  func withdraw() { inbox.withLock { $0.preparing -= 1 } }

  /// A request that was announced is ready.
  func submit(_ request: RunningRequest) {
    let isIdle = inbox.withLock { inbox in
      inbox.preparing -= 1
      inbox.arrived.append(request)
      defer { inbox.isTurning = true }
      return !inbox.isTurning
    }
    if isIdle { thread.enqueue { self.turn() } }
  }

  private func turn() {
    let scheduler = confined.scheduler
    for request in inbox.withLock({ inbox in
      defer { inbox.arrived = [] }
      return inbox.arrived
    }) {
      scheduler.add(request)
    }
    scheduler.turn()
    var statistics = scheduler.statistics
    statistics.running = scheduler.running.count
    statistics.waiting = scheduler.waitingCount
    statistics.cacheBytes = scheduler.store.used * scheduler.bytesPerPage
    statistics.idleCacheBytes = scheduler.store.tree.idleCount * scheduler.bytesPerPage
    statistics.cacheBytesLimit = scheduler.store.capacity * scheduler.bytesPerPage
    let goesOn = inbox.withLock { [statistics, hasWork = scheduler.hasWork] inbox in
      inbox.statistics = statistics
      inbox.isTurning = hasWork || !inbox.arrived.isEmpty
      return inbox.isTurning
    }
    // Whatever else waits for the thread comes first.
    if goesOn { thread.enqueue { self.turn() } }
  }
}
