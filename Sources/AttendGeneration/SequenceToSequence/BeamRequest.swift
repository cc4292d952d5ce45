#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The hypotheses of one source: open ones, which the model continues, and finished ones.
struct BeamRequest {
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

  private let beams: Int
  private let penalty: Double
  private let longest: Int
  private(set) var open = [Hypothesis(tokens: [], logProbability: 0)]
  /// At most `beams`, best first.
  private var finished: [TargetSequence] = []
  private(set) var isDone = false

  init(beams: Int, penalty: Double, longest: Int) {
    self.beams = beams
    self.penalty = penalty
    self.longest = longest
  }

  /// Takes one step.
  /// - Returns: for each open hypothesis the one that it continues.
  mutating func advance(_ continuations: [Continuation], endToken: Int32) -> [Int] {
    // Of equal ones the earlier hypothesis and the lower token come first, so that results are the same everywhere.
    let sorted = continuations.sorted { first, second in
      first.logProbability != second.logProbability
        ? first.logProbability > second.logProbability
        : (first.hypothesis, first.token) < (second.hypothesis, second.token)
    }
    let length = (open.first?.tokens.count ?? 0) + 1
    var next: [Hypothesis] = []
    var parents: [Int] = []
    for (rank, continuation) in sorted.prefix(2 * beams).enumerated() {
      var hypothesis = open[continuation.hypothesis]
      hypothesis.logProbability = continuation.logProbability
      if continuation.token == endToken {
        if rank < beams { finish(hypothesis, length: length, isComplete: true) }
      } else if next.count < beams {
        hypothesis.tokens.append(continuation.token)
        next.append(hypothesis)
        parents.append(continuation.hypothesis)
      }
    }
    open = next
    if length == longest, finished.isEmpty {
      for hypothesis in open { finish(hypothesis, length: length, isComplete: false) }
    }
    isDone = open.isEmpty || length == longest || (finished.count == beams && !canImprove(length))
    return parents
  }

  private mutating func finish(_ hypothesis: Hypothesis, length: Int, isComplete: Bool) {
    let score = score(hypothesis.logProbability, length)
    let place = finished.firstIndex { $0.score < score } ?? finished.count
    finished.insert(
      TargetSequence(tokens: hypothesis.tokens, score: score, isComplete: isComplete), at: place)
    if finished.count > beams { finished.removeLast() }
  }

  private func canImprove(_ length: Int) -> Bool {
    guard beams > 1, let best = open.first, let worst = finished.last else { return false }
    return score(best.logProbability, length) > worst.score
  }

  private func score(_ logProbability: Double, _ length: Int) -> Double {
    penalty == 0 ? logProbability : logProbability / pow(Double(length), penalty)
  }

  var result: TargetSequence { finished.first ?? TargetSequence(tokens: [], score: 0, isComplete: false) }
}

func logarithm(_ x: Double) -> Double { log(x) }
