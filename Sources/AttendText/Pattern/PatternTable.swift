/// Builds the table of a pattern from its program.
struct PatternTable {
  private let instructions: [PatternProgram.Instruction]
  private let members: [UInt64]
  /// Instructions looked at; a guard against patterns made to take long.
  private var work = 0
  /// The instruction list that was last entered in each place, so that no thread is entered twice.
  private var seen: [Int]
  private var round = 0

  private static let mostWork = 30_000_000
  private static let mostEntries = 1 << 20

  init(_ program: PatternProgram, _ classes: ScalarClasses) {
    instructions = program.instructions
    members = classes.members
    seen = [Int](repeating: 0, count: program.instructions.count)
  }

  /// The rows end to end; nil when there would be too many. Row 0 is dead, row 1 the start.
  consuming func build() -> [UInt32]? {
    let columns = members.count + 1
    var table = [UInt32](repeating: 0, count: 2 * columns)
    var states: [[Int]] = [[], [0]]
    var rows: [[Int]: Int] = [[]: 0, [0]: 1]
    var state = 1
    while state < states.count {
      for column in 0..<columns {
        let isEnd = column == columns - 1
        guard let (threads, matches) = step(states[state], isEnd ? 0 : members[column], isEnd: isEnd) else {
          return nil
        }
        var row = rows[threads]
        if row == nil {
          guard table.count + columns <= PatternTable.mostEntries else { return nil }
          row = states.count
          rows[threads] = row
          states.append(threads)
          table.append(contentsOf: repeatElement(0, count: columns))
        }
        table[state * columns + column] = UInt32((row ?? 0) * columns) << 1 | (matches ? 1 : 0)
      }
      state += 1
    }
    return table
  }

  /// What threads become by a character of these sets, the preferred first; whether one of them matches before it, which
  /// ends all that come after.
  private mutating func step(_ threads: [Int], _ sets: UInt64, isEnd: Bool) -> (threads: [Int], matches: Bool)? {
    round += 1
    var result: [Int] = []
    // A place may be entered once as a start and once as a result: places of the results are kept apart.
    var entered = Set<Int>()
    for thread in threads {
      var open = [thread]
      while let place = open.popLast() {
        work += 1
        guard work <= PatternTable.mostWork else { return nil }
        if seen[place] == round { continue }
        seen[place] = round
        switch instructions[place] {
        case .take(let set):
          if !isEnd, sets >> UInt64(set) & 1 == 1, entered.insert(place + 1).inserted { result.append(place + 1) }
        case .ahead(let set, let orEnd):
          if isEnd ? orEnd : sets >> UInt64(set) & 1 == 1 { open.append(place + 1) }
        case .jump(let target): open.append(target)
        case .split(let first, let second):
          open.append(second)
          open.append(first)
        case .match: return (result, true)
        }
      }
    }
    return (result, false)
  }
}
