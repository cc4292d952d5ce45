import AttendBase
import AttendModels
import AttendNN
import AttendTensor

/// Decides what each turn of the engine computes: one pass for all requests that write, then one pass with a piece of the
/// prompts that wait. Requests join and leave between turns.
///
/// Touched on the engine's thread only.
final class Scheduler {
  let model: any CausalLanguageModel
  let options: EngineOptions
  let bytesPerPage: Int
  private(set) var store: PageStore
  private var waiting: AdmissionQueue
  private var claims = PageClaims()
  /// In order of service.
  private(set) var running: [RunningRequest] = []
  var statistics = EngineStatistics()
  let drafts: DraftDesk

  init(model: any CausalLanguageModel, precision: Precision, options: EngineOptions, drafts: DraftDesk) {
    self.model = model
    self.options = options
    self.drafts = drafts
    bytesPerPage = KeyValueCache(model.cacheShape, precision: precision).bytesPerPage
    let bytes = options.bytes(withDraftModel: drafts.hasModel)
    store = PageStore(capacity: bytes.own / max(bytesPerPage, 1), idleLimit: bytes.idle / max(bytesPerPage, 1))
    waiting = AdmissionQueue(agingSeconds: options.agingSeconds)
  }

  var hasWork: Bool { !running.isEmpty || !waiting.isEmpty }
  var waitingCount: Int { waiting.requests.count }

  func add(_ request: RunningRequest) { waiting.add(request) }

  func turn() {
    endCancelled()
    admit()
    run(writingParts(), phase: .decode)
    run(readingParts(), phase: .prompt)
  }

  // MARK: Coming and going

  private func endCancelled() {
    for request in running where request.isCancelled { end(request) { $0.finish(.cancelled, computed: $1) } }
    for request in waiting.removeAll(where: \.isCancelled) { end(request) { $0.finish(.cancelled, computed: $1) } }
  }

  /// Gives waiting requests their places, strictly in turn: one that needs much memory is not overtaken forever by those
  /// that need little.
  private func admit() {
    let now = ContinuousClock.now
    while running.count < options.maxRunning, let index = waiting.first(at: now) {
      let request = waiting.requests[index]
      let all = KeyValueCache.pages(for: request.tokens.count + 1)
      guard all <= store.capacity else {
        end(waiting.remove(at: index)) { $0.fail(self.tooLong(request), computed: $1) }
        continue
      }
      let rest = store.pickUpBeginning(request)
      // Those that write need a page now and then; giving away the last one would interrupt somebody soon.
      let spare = running.isEmpty ? 0 : running.count / 8 + 1
      let needed = all - request.path.count
      guard store.available >= needed + spare, store.grant(needed, to: request) else {
        store.release(request)
        return
      }
      _ = waiting.remove(at: index)
      if let (page, count) = rest {
        request.cache.append(page, count: count)
        // Copies the page, which others may still need.
        if (try? request.cache.reserve(1)) == nil { request.cache.truncate(to: request.cache.length - count) }
      }
      request.answer.start(reusing: request.cache.length)
      request.isRunning = true
      running.insert(request, at: running.firstIndex { request.isBefore($0) } ?? running.count)
    }
  }

  private func tooLong(_ request: RunningRequest) -> AttendError {
    AttendError(
      .contextOverflow,
      "\(request.tokens.count) tokens need more than the engine's \(store.capacity * bytesPerPage) bytes for keys and values",
      hint: "give the engine more memory (EngineOptions.cacheBytes), or ask for less")
  }

  /// Takes a request out of the engine and reports its end. What it has computed is kept while there is room.
  func end(_ request: RunningRequest, _ report: (RunningRequest, [PhasedToken]) -> Void) {
    let computed = Array(request.tokens.prefix(request.cache.length))
    remove(request)
    report(request, computed)
  }

  private func remove(_ request: RunningRequest) {
    if request.isRunning { running.removeAll { $0 === request } }
    request.isRunning = false
    request.drafts = []
    claims.release(request)
    drafts.forget(request)
    store.release(request)
  }

  /// Makes sure that a request may have `positions` positions. When there is no more memory, those that are served last
  /// give up theirs and wait, so the first in line always goes on.
  /// - Returns: false when the request itself had to give way.
  func makeRoom(for request: RunningRequest, positions: Int) -> Bool {
    while true {
      let missing = KeyValueCache.pages(for: positions) - request.path.count - request.grantedPages
      if missing <= 0 || store.grant(missing, to: request) { return true }
      guard let victim = running.last, running.count > 1 else {
        end(request) { $0.fail(self.tooLong(request), computed: $1) }
        return false
      }
      remove(victim)
      waiting.add(victim)
      statistics.interruptions += 1
      if victim === request { return false }
    }
  }

  func grant(_ count: Int, to request: RunningRequest) -> Bool { store.grant(count, to: request) }

  /// Continues a request with pages that another one has computed meanwhile.
  func pickUp(_ request: RunningRequest) { store.pickUpPages(request) }

  func share(_ request: RunningRequest) { store.share(request) }

  /// Claims the pages of the next positions for a request, up to the first that another one computes.
  /// - Returns: the positions to compute now.
  func claim(_ range: Range<Int>, for request: RunningRequest) -> Range<Int> {
    let size = KeyValueCache.pagePositions
    request.names.extend(to: request.tokens)
    var page = range.lowerBound / size
    while page * size < range.upperBound, page < request.names.names.count {
      // A page that was begun is finished, whoever else computes it.
      if !claims.claim(request.names.names[page], for: request), page * size >= range.lowerBound {
        return range.lowerBound..<page * size
      }
      page += 1
    }
    return range
  }

  /// A request that has read its prompt computes nothing more that others wait for.
  func releaseClaims(of request: RunningRequest) { claims.release(request) }
}
