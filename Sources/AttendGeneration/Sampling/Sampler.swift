import AttendBase
import AttendTensor

/// Chooses tokens for one request. The choice at a step is a function of logits, sampling, seed and step alone.
///
/// Nothing is sorted: thresholds are found by selection, in time linear in the vocabulary.
package struct Sampler {
  package let sampling: Sampling
  private var random: SeededRandom
  private var history: TokenHistory
  /// Logits after bias and penalties, when there are any.
  private var adjusted: [Float] = []
  /// exp((logit − maximum) / temperature) of all tokens, unless a filter leaves few.
  private var all: [Float] = []
  /// The tokens that are left, by id, and their weights; empty when all tokens may be drawn.
  private var candidates: [UInt32] = []
  private var weights: [Float] = []

  /// - Parameters:
  ///   - prompt: what penalties for repetition count besides the answer.
  ///   - isBreaker: whether a token ends a repetition; see ``RepetitionPenalty/breakers``.
  package init(
    _ sampling: Sampling, prompt: [Int32] = [], isBreaker: @escaping (Int32) -> Bool = { _ in false }
  ) {
    self.sampling = sampling
    random = SeededRandom(seed: sampling.seed ?? UInt64.random(in: 0 ... .max))
    history = TokenHistory(sampling, prompt: prompt, isBreaker: isBreaker)
  }

  /// A token of the answer, for the penalties of those to come.
  package mutating func note(_ token: Int32) { history.note(token) }

  /// - Parameters:
  ///   - step: how many tokens the request has chosen before.
  ///   - allowed: the tokens to choose from; nil for all.
  /// - Throws: `not-a-number` when a logit is NaN or +∞, or all are −∞.
  package mutating func choose(
    from logits: UnsafeBufferPointer<Float>, step: Int, allowed: TokenSet? = nil
  ) throws(AttendError) -> Int32 {
    try profiled(.sampling, Profile.Work(bytes: 4 * logits.count, operations: logits.count)) {
      () throws(AttendError) in try chosen(from: logits, step: step, allowed)
    }
  }

  private mutating func chosen(
    from logits: UnsafeBufferPointer<Float>, step: Int, _ allowed: TokenSet?
  ) throws(AttendError) -> Int32 {
    try check(logits, step: step)
    guard history.changesLogits || allowed != nil else { return try pick(from: logits, step: step) }
    adjusted.removeAll(keepingCapacity: true)
    adjusted.append(contentsOf: logits)
    adjusted.withUnsafeMutableBufferPointer { row in
      allowed?.ruleOutOthers(in: row)
      if history.changesLogits { history.adjust(row) }
    }
    // Moved out meanwhile: the choice changes other parts of this.
    let row = adjusted
    adjusted = []
    defer { adjusted = row }
    return try row.withUnsafeBufferPointer { row in
      Result { () throws(AttendError) in try pick(from: row, step: step) }
    }.get()
  }

  private mutating func pick(from logits: UnsafeBufferPointer<Float>, step: Int) throws(AttendError) -> Int32 {
    guard let best = Selection.argmax(logits), logits[best] > -.infinity else {
      throw AttendError(
        .notANumber, "step \(step): the model rules out every token", hint: "the weights may be damaged")
    }
    if sampling.isGreedy { return Int32(best) }
    let total = weigh(logits, best: best)
    random.position = UInt64(step)
    let goal = random.uniformDouble() * total
    if candidates.isEmpty { return Int32(Self.draw(goal, from: all) ?? best) }
    return Self.draw(goal, from: weights).map { Int32(candidates[$0]) } ?? Int32(best)
  }

  /// Finds the tokens that may be drawn and their weights, relative to the most probable one's.
  /// - Returns: the sum of the weights.
  private mutating func weigh(_ logits: UnsafeBufferPointer<Float>, best: Int) -> Double {
    let maximum = logits[best]
    candidates.removeAll(keepingCapacity: true)
    var total: Double
    if let least = leastLogit(logits, maximum: maximum) {
      // Exponentials of few tokens.
      Selection.indices(of: logits, above: least.nextDown, into: &candidates)
      weights.removeAll(keepingCapacity: true)
      for candidate in candidates { weights.append(logits[Int(candidate)]) }
      let (count, temperature) = (weights.count, sampling.temperature)
      total = weights.withUnsafeMutableBufferPointer { weights in
        weights.baseAddress.map {
          Selection.exponentials(
            of: UnsafeBufferPointer(start: $0, count: count), below: maximum, temperature: temperature, into: $0)
        } ?? 0
      }
    } else {
      if all.count != logits.count { all = [Float](repeating: 0, count: logits.count) }
      let temperature = sampling.temperature
      total = all.withUnsafeMutableBufferPointer { all in
        all.baseAddress.map {
          Selection.exponentials(of: logits, below: maximum, temperature: temperature, into: $0)
        } ?? 0
      }
      guard let least = leastWeight(of: total, count: logits.count) else { return total }
      all.withUnsafeBufferPointer { Selection.indices(of: $0, above: least.nextDown, into: &candidates) }
      weights.removeAll(keepingCapacity: true)
      for candidate in candidates { weights.append(all[Int(candidate)]) }
    }
    let sampling = sampling
    return weights.withUnsafeMutableBufferPointer { weights in
      if let topP = sampling.topP, topP < 1 { Nucleus.keep(Double(topP), of: total, in: weights) }
      if let minP = sampling.minP { for index in 0..<weights.count where weights[index] < minP { weights[index] = 0 } }
      if let typicalP = sampling.typicalP, typicalP < 1 { Typical.keep(Double(typicalP), in: weights) }
      return Selection.sum(UnsafeBufferPointer(weights))
    }
  }

  /// What `topK` and `topNSigma` leave: logits from here on. nil when neither is given. Ties with the last of `topK` stay.
  private func leastLogit(_ logits: UnsafeBufferPointer<Float>, maximum: Float) -> Float? {
    var least: Float?
    if let topK = sampling.topK, topK < logits.count, let last = Selection.largest(topK, of: logits).last {
      least = logits[last]
    }
    if let sigmas = sampling.topNSigma {
      let bound = maximum - sigmas * Selection.standardDeviation(logits)
      least = max(least ?? bound, bound)
    }
    return least
  }

  /// A bound below all weights that `topP`, `minP` and `typicalP` leave; nil when none is given.
  private func leastWeight(of total: Double, count: Int) -> Float? {
    var least: Float?
    // All tokens below this weight together weigh less than what the set leaves out, so it holds none of them.
    if let topP = sampling.topP, topP < 1 { least = Float(0.99 * (1 - Double(topP)) * total / Double(count)) }
    if let minP = sampling.minP, minP > 0 { least = max(least ?? minP, minP) }
    if let typicalP = sampling.typicalP, typicalP < 1 { least = max(least ?? 0, .leastNonzeroMagnitude) }
    return least
  }

  /// Where the running sum of weights passes the goal.
  private static func draw(_ goal: Double, from weights: [Float]) -> Int? {
    weights.withUnsafeBufferPointer { weights in
      // Whole blocks first: a block's sum needs no chain of additions.
      var (sum, begin) = (0.0, 0)
      while begin + block < weights.count {
        let next = sum + Selection.sum(UnsafeBufferPointer(rebasing: weights[begin..<begin + block]))
        if next > goal { break }
        (sum, begin) = (next, begin + block)
      }
      // Rounding may leave the sum below the goal: then the last token in the running wins.
      var last: Int?
      for index in begin..<weights.count where weights[index] > 0 {
        sum += Double(weights[index])
        last = index
        if sum > goal { break }
      }
      return last ?? weights.lastIndex { $0 > 0 }
    }
  }

  private static let block = 1024

  private func check(_ logits: UnsafeBufferPointer<Float>, step: Int) throws(AttendError) {
    // −∞ rules a token out; only the others are wrong.
    guard Selection.notFiniteCount(logits) > 0 else { return }
    var wrong: Int32 = 0
    for logit in logits { wrong &+= logit <= .greatestFiniteMagnitude ? 0 : 1 }
    guard wrong == 0 else {
      throw AttendError(
        .notANumber, "step \(step): \(wrong) of the model's \(logits.count) logits are not numbers",
        hint: "the weights may be damaged; if not, try the precision exact")
    }
  }
}
