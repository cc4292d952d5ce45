import AttendBase

/// A pattern as a list of instructions that a set of threads could run (Thompson 1968; Pike's ordered threads).
struct PatternProgram {
  enum Instruction {
    /// Takes a scalar of the set with this number.
    case take(Int)
    /// Goes on only before a scalar of the set, or perhaps at the end.
    case ahead(Int, orEnd: Bool)
    /// Goes on at both places, the first one preferred.
    case split(Int, Int)
    case jump(Int)
    case match
  }

  private(set) var instructions: [Instruction] = []
  /// Each set once.
  private(set) var sets: [ScalarSet] = []
  private var numbers: [ScalarSet: Int] = [:]
  private let pattern: String

  static let longest = 8192

  init(_ syntax: PatternSyntax, pattern: String) throws(AttendError) {
    self.pattern = pattern
    try add(syntax)
    instructions.append(.match)
  }

  private mutating func append(_ instruction: Instruction) throws(AttendError) {
    guard instructions.count < PatternProgram.longest else { throw TextPattern.tooComplex(pattern) }
    instructions.append(instruction)
  }

  private mutating func number(of set: ScalarSet) throws(AttendError) -> Int {
    if let number = numbers[set] { return number }
    guard sets.count < 64 else { throw TextPattern.tooComplex(pattern) }
    numbers[set] = sets.count
    sets.append(set)
    return sets.count - 1
  }

  private mutating func add(_ syntax: PatternSyntax) throws(AttendError) {
    switch syntax {
    case .empty: break
    case .scalar(let set): try append(.take(try number(of: set)))
    case .ahead(let set, let orEnd): try append(.ahead(try number(of: set), orEnd: orEnd))
    case .sequence(let parts): for part in parts { try add(part) }
    case .alternatives(let parts):
      var jumps: [Int] = []
      for (index, part) in parts.enumerated() {
        guard index < parts.count - 1 else {
          try add(part)
          break
        }
        let split = instructions.count
        try append(.split(split + 1, 0))
        try add(part)
        jumps.append(instructions.count)
        try append(.jump(0))
        instructions[split] = .split(split + 1, instructions.count)
      }
      for jump in jumps { instructions[jump] = .jump(instructions.count) }
    case .repetition(let part, let least, let most, let isLazy):
      for _ in 0..<least { try add(part) }
      func choice(_ inner: Int, _ outer: Int) -> Instruction { isLazy ? .split(outer, inner) : .split(inner, outer) }
      guard let most else {
        let split = instructions.count
        try append(.split(0, 0))
        try add(part)
        try append(.jump(split))
        instructions[split] = choice(split + 1, instructions.count)
        return
      }
      var splits: [Int] = []
      for _ in 0..<max(most - least, 0) {
        splits.append(instructions.count)
        try append(.split(0, 0))
        try add(part)
      }
      for split in splits { instructions[split] = choice(split + 1, instructions.count) }
    }
  }
}
