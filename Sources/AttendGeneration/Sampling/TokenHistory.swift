#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a request has read and said, as far as penalties need it.
package struct TokenHistory {
  private let sampling: Sampling
  /// Prompt and answer.
  private var tokens: [Int32]
  private let promptCount: Int
  /// For each token whether it ends a repetition; empty without such a penalty.
  private var breaks: [Bool] = []
  private let isBreaker: (Int32) -> Bool
  /// How often tokens are in the window: in all of it, and in the answer's part.
  private var counts: [Int32: (all: Int, answer: Int)] = [:]

  /// - Parameter isBreaker: whether a token ends a repetition.
  package init(_ sampling: Sampling, prompt: [Int32], isBreaker: @escaping (Int32) -> Bool) {
    self.sampling = sampling
    self.isBreaker = isBreaker
    promptCount = prompt.count
    tokens = []
    guard remembers else { return }
    for token in prompt { note(token) }
  }

  private var remembers: Bool { !sampling.penalties.changesNothing || sampling.dry != nil }

  /// Whether any logit may change.
  var changesLogits: Bool { remembers || !sampling.bias.isEmpty }

  package mutating func note(_ token: Int32) {
    guard remembers else { return }
    tokens.append(token)
    if sampling.dry != nil { breaks.append(isBreaker(token)) }
    guard !sampling.penalties.changesNothing else { return }
    change(token, by: 1, isAnswer: tokens.count > promptCount)
    if let window = sampling.penalties.window, tokens.count > window {
      let left = tokens.count - window - 1
      change(tokens[left], by: -1, isAnswer: left >= promptCount)
    }
  }

  private mutating func change(_ token: Int32, by step: Int, isAnswer: Bool) {
    var count = counts[token] ?? (0, 0)
    count.all += step
    if isAnswer { count.answer += step }
    counts[token] = count.all == 0 ? nil : count
  }

  /// Applies bias and penalties.
  package func adjust(_ logits: UnsafeMutableBufferPointer<Float>) {
    for (token, bias) in sampling.bias where logits.indices.contains(Int(token)) { logits[Int(token)] += bias }
    let penalties = sampling.penalties
    for (token, count) in counts {
      var logit = logits[Int(token)]
      logit = logit < 0 ? logit * penalties.repetition : logit / penalties.repetition
      if count.answer > 0 { logit -= penalties.presence + penalties.frequency * Float(count.answer) }
      logits[Int(token)] = logit
    }
    guard let dry = sampling.dry, dry.multiplier > 0 else { return }
    for (token, length) in repetitions(dry) {
      // Beyond e^80 a token is out anyway, and infinity minus infinity is no number.
      let exponent = min(Double(length - dry.allowedLength) * log(Double(dry.base)), 80)
      logits[Int(token)] -= dry.multiplier * Float(exp(exponent))
    }
  }

  /// For each token that would go on with a repetition: how many tokens before it are the same as at the end. Those that
  /// are shorter than the allowed length are left out.
  ///
  /// The z-function of the reversed text gives all lengths in linear time: z[i] tokens before position count − i are those
  /// at the end.
  private func repetitions(_ dry: RepetitionPenalty) -> [Int32: Int] {
    let count = min(tokens.count, dry.window ?? .max)
    // A repetition ends at the last breaker.
    var reach = 0
    while reach < count, !breaks[breaks.count - 1 - reach] { reach += 1 }
    guard reach >= dry.allowedLength, count > 1 else { return [:] }
    func reversed(_ index: Int) -> Int32 { tokens[tokens.count - 1 - index] }
    var z = [Int](repeating: 0, count: count)
    var (left, right) = (0, 0)
    var found: [Int32: Int] = [:]
    for index in 1..<count {
      var length = index < right ? min(right - index, z[index - left]) : 0
      while index + length < count, reversed(length) == reversed(index + length) { length += 1 }
      z[index] = length
      if index + length > right { (left, right) = (index, index + length) }
      let match = min(length, reach)
      guard match >= dry.allowedLength else { continue }
      let next = reversed(index - 1)
      found[next] = max(found[next] ?? 0, match)
    }
    return found
  }
}
