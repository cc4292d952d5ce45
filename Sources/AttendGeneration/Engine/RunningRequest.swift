import AttendBase
import AttendTensor

/// A request in the hands of the engine: what is to be computed for it, and what has been.
///
/// Its tokens are the prompt and then the answer; each position has its phase once and for all. Where positions were
/// lost or never computed they are computed in that phase, so bits do not depend on what happened before.
final class RunningRequest: @unchecked Sendable {
  // Sendable: made on the thread for text, handed over once, and then touched on the engine's thread only.

  /// In order of arrival.
  let number: Int
  let priority: Int
  let submitted: ContinuousClock.Instant
  let speculation: Speculation
  /// How its positions are encoded.
  let form: Int
  let emptyCache: () -> KeyValueCache
  private let cancellation: Locked<Bool>
  private let end: @Sendable (Result<(Said, GenerationSummary), any Error>, [PhasedToken]) -> Void

  var tokens: [PhasedToken]
  var answer: Answer
  var names = PageNames()
  var cache: KeyValueCache
  /// Pages of the prefix tree that are the first of the cache.
  var path: [PrefixTree.Slot] = []
  /// Pages behind those that the request may fill.
  var grantedPages = 0
  /// Whether its further pages are not shared, because one of them goes by another's name.
  var keepsToItself = false
  /// Guesses of the tokens to come, to be checked in the next pass.
  var drafts: [Int32] = []
  var pace: DraftPace
  var lookup = TokenLookup()
  /// Whether it takes part in the engine's steps now.
  var isRunning = false

  /// - Parameters:
  ///   - tokens: the prompt, not empty.
  ///   - form: that of the tokens.
  ///   - end: called once, with what was said and the summary and with the tokens whose positions were computed.
  init(
    number: Int, tokens: [PhasedToken], form: Int, answer: Answer, priority: Int, speculation: Speculation,
    submitted: ContinuousClock.Instant, cancellation: Locked<Bool>, emptyCache: @escaping () -> KeyValueCache,
    end: @escaping @Sendable (Result<(Said, GenerationSummary), any Error>, [PhasedToken]) -> Void
  ) {
    self.number = number
    self.tokens = tokens
    self.form = form
    self.answer = answer
    self.priority = priority
    self.submitted = submitted
    self.speculation = speculation
    pace = DraftPace(most: speculation.most)
    self.cancellation = cancellation
    self.emptyCache = emptyCache
    self.end = end
    cache = emptyCache()
  }

  var isCancelled: Bool { cancellation.withLock { $0 } }

  /// Of the next positions to compute those that share a phase.
  var nextRun: Range<Int> {
    let start = cache.length
    let phase = nextPhase
    let end = tokens[start...].firstIndex { $0.phase != phase } ?? tokens.count
    return start..<end
  }

  /// There is always a token whose position is still to be computed.
  var nextPhase: Phase { tokens[cache.length].phase }

  /// Whether only the newest token's position is missing: the next pass makes a token.
  var isWriting: Bool { cache.length + 1 == tokens.count && tokens[cache.length].phase == .decode }

  /// Who is served first: higher priority, then who came first.
  func isBefore(_ other: RunningRequest) -> Bool {
    (-priority, number) < (-other.priority, other.number)
  }

  /// Moves the cache out, so that a pass is its only owner: pages with two owners would be copied.
  func takeCache() -> KeyValueCache {
    var taken = emptyCache()
    swap(&taken, &cache)
    return taken
  }

  /// Who has waited for long overtakes.
  func rank(at now: ContinuousClock.Instant, agingSeconds: Double) -> Double {
    Double(priority) + (now - submitted).seconds / agingSeconds
  }

  /// - Parameter computed: the tokens whose positions were computed.
  func finish(_ reason: GenerationSummary.Reason, computed: [PhasedToken]) {
    let summary = answer.finish(reason)
    end(.success((answer.said, summary)), computed)
  }

  /// - Parameter computed: the tokens whose positions were computed.
  func fail(_ error: any Error, computed: [PhasedToken]) { end(.failure(error), computed) }
}
