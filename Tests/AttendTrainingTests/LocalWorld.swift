import AttendBase
import AttendTraining

/// Several "processes" on threads of one process, to look at what parallel training does without MPI.
final class LocalWorld: Sendable {
  private struct State {
    var sums: [Double] = []
    var arrived = 0
    var left = 0
    var lost: Bool = false
  }

  private let count: Int
  private let state = Locked(State())

  init(_ count: Int) { self.count = count }

  struct Member: Collective {
    let rank: Int
    let world: LocalWorld
    var count: Int { world.count }

    func sum(_ values: UnsafeMutableBufferPointer<Float>) throws(AttendError) {
      let total = try world.combine(values.map(Double.init), +)
      for (index, value) in total.enumerated() { values[index] = Float(value) }
    }

    func sum(_ values: inout [Double]) throws(AttendError) { values = try world.combine(values, +) }

    func maximum(_ values: inout [Int64]) throws(AttendError) {
      // Small numbers only: exact as doubles.
      values = try world.combine(values.map(Double.init), max).map { Int64($0) }
    }
  }

  func member(_ rank: Int) -> Member { Member(rank: rank, world: self) }

  /// From now on nobody gets an answer.
  func lose() { state.withLock { $0.lost = true } }

  private func combine(
    _ values: [Double], _ operation: @Sendable (Double, Double) -> Double
  ) throws(AttendError) -> [Double] {
    // Everyone leaves before the next message starts.
    while true {
      if state.withLock({ $0.lost }) { throw AttendError(.system, "the others are lost") }
      if state.withLock({ $0.left == 0 }) { break }
    }
    state.withLock { state in
      state.sums = state.arrived == 0 ? values : zip(state.sums, values).map(operation)
      state.arrived += 1
      if state.arrived == count { state.left = count }
    }
    while !state.withLock({ $0.left > 0 && $0.arrived == count }) {
      if state.withLock({ $0.lost }) { throw AttendError(.system, "the others are lost") }
    }
    return state.withLock { state in
      let result = state.sums
      state.left -= 1
      if state.left == 0 { state.arrived = 0 }
      return result
    }
  }
}
