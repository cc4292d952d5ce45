import AttendTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The shortest run of an order whose masses reach a goal, found without sorting.
enum MassSelection {
  /// Radix selection by mass: each pass fixes the next bits of the threshold, the key at which the mass of all smaller
  /// keys still falls short of the goal.
  /// - Returns: the threshold, and the mass of the keys below it.
  @inline(__always)
  static func threshold(
    of goal: Double, count: Int, key: (Int) -> UInt32, mass: (Int) -> Double
  ) -> (key: UInt32, below: Double) {
    var threshold: UInt32 = 0
    var below = 0.0
    for (shift, bits) in [(21, 11), (10, 11), (0, 10)] as [(UInt32, UInt32)] {
      var masses = [Double](repeating: 0, count: 1 << Int(bits))
      let mask = UInt32(1) << bits - 1
      let prefix = UInt64(threshold) >> (shift + bits)
      masses.withUnsafeMutableBufferPointer { masses in
        for index in 0..<count {
          let key = key(index)
          if UInt64(key) >> (shift + bits) == prefix { masses[Int(key >> shift & mask)] += mass(index) }
        }
      }
      var digit = 0
      while digit < masses.count - 1, below + masses[digit] < goal {
        below += masses[digit]
        digit += 1
      }
      threshold |= UInt32(digit) << shift
    }
    return (threshold, below)
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
    // Bit patterns of floats that are not negative are ordered as the floats are; the largest come first.
    var (key, above) = MassSelection.threshold(
      of: goal, count: weights.count, key: { ~weights[$0].bitPattern }, mass: { Double(weights[$0]) })
    let smallest = Float(bitPattern: ~key)
    for index in 0..<weights.count {
      if weights[index] < smallest {
        weights[index] = 0
      } else if weights[index] == smallest {
        if above < goal { above += Double(smallest) } else { weights[index] = 0 }
      }
    }
  }
}

/// The set of weights whose surprise, −log of their share, is nearest to the entropy and that together reach a share of
/// the sum. Meister et al. 2023, arXiv:2202.00666.
package enum Typical {
  /// Sets every weight outside the set to 0; weights as far from the entropy as the last one in stay.
  /// - Parameter weights: not negative.
  package static func keep(_ share: Double, in weights: UnsafeMutableBufferPointer<Float>) {
    let total = Selection.sum(UnsafeBufferPointer(weights))
    guard total > 0 else { return }
    let logTotal = log(total)
    var entropy = 0.0
    var distances = [Float](repeating: .infinity, count: weights.count)
    for (index, weight) in weights.enumerated() where weight > 0 {
      let surprise = logTotal - log(Double(weight))
      entropy += Double(weight) / total * surprise
      distances[index] = Float(surprise)
    }
    for index in distances.indices { distances[index] = abs(distances[index] - Float(entropy)) }
    let (key, _) = distances.withUnsafeBufferPointer { distances in
      MassSelection.threshold(
        of: share * total, count: weights.count, key: { distances[$0].bitPattern }, mass: { Double(weights[$0]) })
    }
    let farthest = Float(bitPattern: key)
    for index in 0..<weights.count where distances[index] > farthest { weights[index] = 0 }
  }
}
