import AttendBase
import AttendTensor

/// Chooses tokens for one request. The choice at a step is a function of logits, sampling, seed and step alone.
///
/// Nothing is sorted: thresholds are found by selection, in time linear in the vocabulary.
package struct Sampler {
  package let sampling: Sampling
  private var random: SeededRandom
  /// exp((logit − maximum) / temperature) of all tokens, unless `topK` leaves few.
  private var all: [Float] = []
  /// The tokens that are left, by id, and their weights; empty when all tokens may be drawn.
  private var candidates: [UInt32] = []
  private var weights: [Float] = []

  package init(_ sampling: Sampling) {
    self.sampling = sampling
    random = SeededRandom(seed: sampling.seed ?? UInt64.random(in: 0 ... .max))
  }

  /// - Parameter step: how many tokens the request has chosen before.
  /// - Throws: `not-a-number` when a logit is NaN or +∞, or all are −∞.
  package mutating func choose(from logits: UnsafeBufferPointer<Float>, step: Int) throws(AttendError) -> Int32 {
    try profiled(.sampling, Profile.Work(bytes: 4 * logits.count, operations: logits.count)) {
      () throws(AttendError) in try chosen(from: logits, step: step)
    }
  }

  private mutating func chosen(from logits: UnsafeBufferPointer<Float>, step: Int) throws(AttendError) -> Int32 {
    try check(logits, step: step)
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

  /// Finds the tokens that may be drawn and their weights. Exponentials are taken of few tokens where `topK` leaves few.
  /// - Returns: the sum of the weights.
  private mutating func weigh(_ logits: UnsafeBufferPointer<Float>, best: Int) -> Double {
    let maximum = logits[best]
    candidates.removeAll(keepingCapacity: true)
    if let topK = sampling.topK, topK < logits.count, let last = Selection.largest(topK, of: logits).last {
      // Ties with the last of them stay.
      Selection.indices(of: logits, above: logits[last].nextDown, into: &candidates)
      weights.removeAll(keepingCapacity: true)
      for candidate in candidates { weights.append(logits[Int(candidate)]) }
      let count = weights.count
      weights.withUnsafeMutableBufferPointer { weights in
        guard let start = weights.baseAddress else { return }
        _ = Selection.exponentials(
          of: UnsafeBufferPointer(start: start, count: count), below: maximum, temperature: sampling.temperature,
          into: start)
        if let topP = sampling.topP, topP < 1 { Nucleus.keep(Double(topP), in: weights) }
      }
      return weights.withUnsafeBufferPointer { Selection.sum($0) }
    }
    if all.count != logits.count { all = [Float](repeating: 0, count: logits.count) }
    let total = all.withUnsafeMutableBufferPointer { all in
      all.baseAddress.map {
        Selection.exponentials(of: logits, below: maximum, temperature: sampling.temperature, into: $0)
      } ?? 0
    }
    guard let topP = sampling.topP.map(Double.init), topP < 1 else { return total }
    // All tokens below this weight together weigh less than what the set leaves out, so it holds none of them.
    let least = Float(0.99 * (1 - topP) * total / Double(logits.count))
    all.withUnsafeBufferPointer { Selection.indices(of: $0, above: least.nextDown, into: &candidates) }
    weights.removeAll(keepingCapacity: true)
    for candidate in candidates { weights.append(all[Int(candidate)]) }
    weights.withUnsafeMutableBufferPointer { Nucleus.keep(topP, of: total, in: $0) }
    return weights.withUnsafeBufferPointer { Selection.sum($0) }
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

/// The smallest set of largest weights that together reach a share of their sum.
package enum Nucleus {
  /// Sets every weight outside the set to 0. Of equal weights those with lower indices are in first. The largest weight
  /// always stays.
  /// - Parameters:
  ///   - total: what the share is of; nil for the sum of the weights.
  ///   - weights: not negative.
  package static func keep(
    _ share: Double, of total: Double? = nil, in weights: UnsafeMutableBufferPointer<Float>
  ) {
    let goal = share * (total ?? Selection.sum(UnsafeBufferPointer(weights)))
    // Radix selection by mass: bit patterns of floats that are not negative are ordered as the floats are. Each pass
    // fixes the next bits of the threshold, the weight at which the sum of all larger ones still falls short of the goal.
    var threshold: UInt32 = 0
    var above = 0.0
    for (shift, bits) in [(21, 11), (10, 11), (0, 10)] as [(UInt32, UInt32)] {
      var masses = [Double](repeating: 0, count: 1 << Int(bits))
      let mask = UInt32(1) << bits - 1
      let prefix = UInt64(threshold) >> (shift + bits)
      masses.withUnsafeMutableBufferPointer { masses in
        for weight in weights where UInt64(weight.bitPattern) >> (shift + bits) == prefix {
          masses[Int(weight.bitPattern >> shift & mask)] += Double(weight)
        }
      }
      var digit = masses.count - 1
      while digit > 0, above + masses[digit] < goal {
        above += masses[digit]
        digit -= 1
      }
      threshold |= UInt32(digit) << shift
    }
    let smallest = Float(bitPattern: threshold)
    for index in 0..<weights.count {
      if weights[index] < smallest {
        weights[index] = 0
      } else if weights[index] == smallest {
        if above < goal { above += Double(smallest) } else { weights[index] = 0 }
      }
    }
  }
}
