import AttendBase

/// Scalars that the sets of a pattern do not tell apart form one class.
struct ScalarClasses: Sendable {
  /// The class of every scalar below `tableEnd`.
  let table: [UInt8]
  /// The class of a scalar at or above `tableEnd`: where runs start, and their classes.
  private let starts: [UInt32]
  private let classes: [UInt8]
  /// Which sets, as bits, contain the scalars of each class.
  let members: [UInt64]

  static let tableEnd = 0x40000

  /// - Parameter sets: at most 64.
  init?(_ sets: [ScalarSet]) {
    var toggles: [(UInt32, UInt64)] = [(0, 0), (UInt32(ScalarClasses.tableEnd), 0)]
    for (number, set) in sets.enumerated() {
      for range in set.ranges {
        toggles.append((range.lowerBound, 1 << UInt64(number)))
        toggles.append((range.upperBound + 1, 1 << UInt64(number)))
      }
    }
    toggles.sort { $0.0 < $1.0 }
    var table = [UInt8](repeating: 0, count: ScalarClasses.tableEnd)
    var (starts, classes): ([UInt32], [UInt8]) = ([], [])
    var members: [UInt64] = []
    var numbers: [UInt64: UInt8] = [:]
    var current: UInt64 = 0
    for (index, (start, bits)) in toggles.enumerated() {
      current ^= bits
      let end = index + 1 < toggles.count ? toggles[index + 1].0 : ScalarSet.last + 1
      if end <= start || start > ScalarSet.last { continue }
      var number = numbers[current]
      if number == nil {
        guard members.count < 200 else { return nil }
        number = UInt8(members.count)
        numbers[current] = number
        members.append(current)
      }
      let value = number ?? 0
      if start >= ScalarClasses.tableEnd {
        starts.append(start)
        classes.append(value)
      } else if value != 0 {
        table.withUnsafeMutableBufferPointer { table in
          table[Int(start)..<min(Int(end), ScalarClasses.tableEnd)].update(repeating: value)
        }
      }
    }
    self.table = table
    self.starts = starts
    self.classes = classes
    self.members = members
  }

  /// The class of a scalar beyond the table: rare, so by bisection.
  func rare(_ scalar: UInt32) -> UInt8 {
    var (low, high) = (0, starts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= scalar { low = middle } else { high = middle }
    }
    return classes.isEmpty ? 0 : classes[low]
  }
}
