#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The hypotheses of one search: open ones, which the model continues, and finished ones.
///
/// At each step the best continuations of the k open hypotheses are looked at, best first: those that end are finished if
/// they are among the first k, the first k others are followed. The search is done when it has k finished hypotheses and
/// its best open one, at its present length, scores no better than the worst of them; or at the length limit. With k = 1
/// the first end is final, which is greedy search.
struct BeamRequest {
  /// What a search is told.
  struct Rules {
    /// Hypotheses that are followed at the same time.
    var beams: Int
    /// α in the score log P / length^α, the token that ends included.
    var lengthPenalty: Double
    /// The most tokens, the end included.
    var longest: Int
    var endTokens: Set<Int32>
    /// Done as soon as k are finished.
    var stopsEarly = false
    /// At the length limit open hypotheses compete with those that ended; otherwise they count only if none did.
    var countsCutOnes = false
  }

  struct Hypothesis {
    var tokens: [Int32]
    var logProbability: Double
  }

  /// A hypothesis with one more token.
  struct Continuation {
    let hypothesis: Int
    let token: Int32
    let logProbability: Double
  }

  struct Finished {
    /// Without the token that ends it.
    var tokens: [Int32]
    var score: Double
    /// nil where it was cut at the longest length.
    var end: Int32?
  }

  private let rules: Rules
  private(set) var open = [Hypothesis(tokens: [], logProbability: 0)]
  /// At most k, best first.
  private(set) var finished: [Finished] = []
  private(set) var isDone = false

  init(_ rules: Rules) { self.rules = rules }

  /// How many continuations are looked at: enough that k go on though others end.
  var looked: Int { (1 + max(rules.endTokens.count, 1)) * rules.beams }

  /// Takes one step.
  /// - Parameter continuations: of each open hypothesis its best ones, `looked` of them or all.
  /// - Returns: for each new open hypothesis the one that it continues.
  mutating func advance(_ continuations: [Continuation]) -> [Int] {
    // Of equal ones the earlier hypothesis and the lower token come first, so that results are the same everywhere.
    let sorted = continuations.sorted { first, second in
      first.logProbability != second.logProbability
        ? first.logProbability > second.logProbability
        : (first.hypothesis, first.token) < (second.hypothesis, second.token)
    }
    let length = (open.first?.tokens.count ?? 0) + 1
    var next: [Hypothesis] = []
    var parents: [Int] = []
    for (rank, continuation) in sorted.prefix(looked).enumerated() {
      var hypothesis = open[continuation.hypothesis]
      hypothesis.logProbability = continuation.logProbability
      if rules.endTokens.contains(continuation.token) {
        if rank < rules.beams { finish(hypothesis, length: length, end: continuation.token) }
        continue
      }
      hypothesis.tokens.append(continuation.token)
      if length == rules.longest, rules.countsCutOnes {
        if rank < rules.beams { finish(hypothesis, length: length, end: nil) }
      } else if next.count < rules.beams {
        next.append(hypothesis)
        parents.append(continuation.hypothesis)
      }
    }
    open = next
    if length == rules.longest, finished.isEmpty {
      for hypothesis in open { finish(hypothesis, length: length, end: nil) }
    }
    isDone =
      open.isEmpty || length == rules.longest
      || (finished.count == rules.beams && (rules.stopsEarly || !canImprove(length)))
    return parents
  }

  private mutating func finish(_ hypothesis: Hypothesis, length: Int, end: Int32?) {
    let score = score(hypothesis.logProbability, length)
    let place = finished.firstIndex { $0.score < score } ?? finished.count
    finished.insert(Finished(tokens: hypothesis.tokens, score: score, end: end), at: place)
    if finished.count > rules.beams { finished.removeLast() }
  }

  private func canImprove(_ length: Int) -> Bool {
    guard rules.beams > 1, let best = open.first, let worst = finished.last else { return false }
    return score(best.logProbability, length) > worst.score
  }

  private func score(_ logProbability: Double, _ length: Int) -> Double {
    rules.lengthPenalty == 0 ? logProbability : logProbability / pow(Double(length), rules.lengthPenalty)
  }
}

func logarithm(_ x: Double) -> Double { log(x) }
