import AttendBase
import AttendTensor

/// Chooses tokens for one request. The choice at a step is a function of logits, sampling, seed and step alone.
///
/// Nothing is sorted: thresholds are found by selection, in time linear in the vocabulary.
package struct Sampler {
  package let sampling: Sampling
  private var random: SeededRandom
  /// exp((logit − maximum) / temperature); 0 for tokens that are out of the running.
  private var weights: [Float] = []

  package init(_ sampling: Sampling) {
    self.sampling = sampling
    random = SeededRandom(seed: sampling.seed ?? UInt64.random(in: 0 ... .max))
  }

  /// - Parameter step: how many tokens the request has chosen before.
  /// - Throws: `not-a-number` when a logit is NaN or +∞, or all are −∞.
  package mutating func choose(from logits: UnsafeBufferPointer<Float>, step: Int) throws(AttendError) -> Int32 {
    try check(logits, step: step)
    guard let best = Selection.argmax(logits), logits[best] > -.infinity else {
      throw AttendError(
        .notANumber, "step \(step): the model rules out every token", hint: "the weights may be damaged")
    }
    if sampling.isGreedy { return Int32(best) }
    if weights.count != logits.count { weights = [Float](repeating: 0, count: logits.count) }
    weights.withUnsafeMutableBufferPointer { weights in
      guard let start = weights.baseAddress else { return }
      Selection.exponentials(of: logits, below: logits[best], temperature: sampling.temperature, into: start)
      if let topK = sampling.topK, topK < logits.count, let last = Selection.largest(topK, of: logits).last {
        let threshold = logits[last]
        for index in 0..<logits.count where logits[index] < threshold { weights[index] = 0 }
      }
      if let topP = sampling.topP, topP < 1 { Nucleus.keep(Double(topP), in: weights) }
    }
    random.position = UInt64(step)
    return Int32(draw(random.uniformDouble(), fallback: best))
  }

  /// The token at which the running sum of weights passes `fraction` of the whole.
  private func draw(_ fraction: Double, fallback: Int) -> Int {
    weights.withUnsafeBufferPointer { weights in
      let goal = fraction * weights.reduce(0) { $0 + Double($1) }
      var sum = 0.0
      // Rounding may leave the sum below the goal: then the last token in the running wins.
      var last = fallback
      for index in 0..<weights.count where weights[index] > 0 {
        sum += Double(weights[index])
        last = index
        if sum > goal { break }
      }
      return last
    }
  }

  private func check(_ logits: UnsafeBufferPointer<Float>, step: Int) throws(AttendError) {
    // −∞ rules a token out; only the others are wrong.
    guard Selection.notFiniteCount(logits) > 0 else { return }
    let wrong = logits.reduce(0) { $0 + ($1.isNaN || $1 == .infinity ? 1 : 0) }
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
  /// - Parameter weights: not negative.
  package static func keep(_ share: Double, in weights: UnsafeMutableBufferPointer<Float>) {
    let goal = share * Selection.sum(UnsafeBufferPointer(weights))
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
