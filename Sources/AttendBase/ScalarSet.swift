/// A set of Unicode scalar values, as ranges.
package struct ScalarSet: Hashable, Sendable {
  /// Sorted, disjoint and not adjacent.
  package private(set) var ranges: [ClosedRange<UInt32>]

  package static let last: UInt32 = 0x10FFFF
  package static let all = ScalarSet([0...last])
  package static let none = ScalarSet([ClosedRange<UInt32>]())

  /// - Parameter ranges: in any order, overlapping or not.
  package init(_ ranges: [ClosedRange<UInt32>]) {
    self.ranges = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let previous = self.ranges.last, range.lowerBound <= previous.upperBound &+ 1 {
        self.ranges[self.ranges.count - 1] = previous.lowerBound...max(previous.upperBound, range.upperBound)
      } else {
        self.ranges.append(range)
      }
    }
  }

  package init(_ scalar: Unicode.Scalar) { ranges = [scalar.value...scalar.value] }

  package var isEmpty: Bool { ranges.isEmpty }

  /// How many scalars it has.
  package var count: Int { ranges.reduce(0) { $0 + Int($1.upperBound - $1.lowerBound) + 1 } }

  /// The only scalar, if there is only one.
  package var single: UInt32? { count == 1 ? ranges.first?.lowerBound : nil }

  package func contains(_ value: UInt32) -> Bool { ranges.contains { $0.contains(value) } }

  package var inverted: ScalarSet {
    var result: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges {
      if range.lowerBound > next { result.append(next...range.lowerBound - 1) }
      next = range.upperBound + 1
    }
    if next <= ScalarSet.last { result.append(next...ScalarSet.last) }
    return ScalarSet(result)
  }

  package func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

  package func intersection(_ other: ScalarSet) -> ScalarSet { inverted.union(other.inverted).inverted }

  package func subtracting(_ other: ScalarSet) -> ScalarSet { inverted.union(other).inverted }
}
