import AttendBase

/// The steps of one rule: from a state a byte leads to one state at most, and so does what another rule says.
struct Automaton: Sendable {
  /// States of all automata of a grammar together.
  static let stateLimit = 1 << 18
  /// Entries of their tables together.
  static let tableLimit = 1 << 24

  var classes: ByteClasses
  /// `[state][class]` → state, or −1. The first state is the start.
  var next: [Int32] = []
  var accepts: [Bool] = []
  /// What other rules lead to.
  var calls: [[(rule: Int32, target: Int32)]] = []

  var stateCount: Int { accepts.count }

  /// - Throws: `limit-exceeded` when it takes more than `limit` states.
  init(_ pattern: Pattern, classes: ByteClasses? = nil, limit: Int = Automaton.stateLimit) throws(AttendError) {
    // Bounds what is built before states can be counted.
    guard pattern.cost() <= 2 * limit else { throw Self.tooLarge(limit) }
    var sets: Set<ByteSet> = []
    if classes == nil { pattern.forEach(set: { sets.insert($0) }, rule: { _ in }) }
    let classes = classes ?? ByteClasses(of: sets)
    self.classes = classes
    var construction = SubsetConstruction(NondeterministicAutomaton(pattern), classes)
    var done = 0
    _ = construction.start()
    while done < construction.sets.count {
      guard construction.sets.count <= limit, construction.sets.count * classes.count <= Self.tableLimit else {
        throw Self.tooLarge(limit)
      }
      let (row, calls, accepts) = construction.steps(of: done)
      next += row
      self.calls.append(calls)
      self.accepts.append(accepts)
      done += 1
    }
  }

  private static func tooLarge(_ limit: Int) -> AttendError {
    AttendError(
      .limitExceeded, "the constraint needs an automaton of more than \(limit) states",
      hint: "make repetitions and lengths shorter, or leave their limits out")
  }

  /// The texts of both. Neither may use rules.
  /// - Parameter isInverted: those of `self` that are not of `other` in place of it.
  func intersection(_ other: Automaton, isInverted: Bool = false) throws(AttendError) -> Automaton {
    let mine = (0..<classes.count).map { classes.bytes(of: [$0]) }
    let others = (0..<other.classes.count).map { other.classes.bytes(of: [$0]) }
    var result = self
    result.classes = ByteClasses(of: mine + others)
    (result.next, result.accepts, result.calls) = ([], [], [])
    // A byte of each class tells the classes of both.
    var samples = [UInt8](repeating: 0, count: result.classes.count)
    for byte in UInt8.min...UInt8.max { samples[Int(result.classes.classes[Int(byte)])] = byte }
    var numbers: [SIMD2<Int32>: Int32] = [[0, 0]: 0]
    var pairs: [SIMD2<Int32>] = [[0, 0]]
    var done = 0
    while done < pairs.count {
      guard pairs.count * result.classes.count <= Self.tableLimit, pairs.count <= Self.stateLimit else {
        throw Self.tooLarge(Self.stateLimit)
      }
      let (first, second) = (Int(pairs[done][0]), Int(pairs[done][1]))
      for sample in samples {
        let a = next[first * classes.count + Int(classes.classes[Int(sample)])]
        let b =
          second < 0 ? -1 : other.next[second * other.classes.count + Int(other.classes.classes[Int(sample)])]
        guard a >= 0, b >= 0 || isInverted else {
          result.next.append(-1)
          continue
        }
        let pair: SIMD2<Int32> = [a, b]
        if let number = numbers[pair] {
          result.next.append(number)
        } else {
          numbers[pair] = Int32(pairs.count)
          result.next.append(Int32(pairs.count))
          pairs.append(pair)
        }
      }
      let isOther = second >= 0 && other.accepts[second]
      result.accepts.append(accepts[first] && isOther != isInverted)
      result.calls.append([])
      done += 1
    }
    return result
  }

  /// Whether a text is one of them. The automaton may not use rules.
  func accepts(_ text: some Sequence<UInt8>) -> Bool {
    var state = 0
    for byte in text {
      let target = next[state * classes.count + Int(classes.classes[Int(byte)])]
      if target < 0 { return false }
      state = Int(target)
    }
    return accepts[state]
  }
}

/// Makes one step possible at a time: a state is the set of all that a text may have led to (Rabin and Scott 1959).
private struct SubsetConstruction {
  private let automaton: NondeterministicAutomaton
  private let classes: ByteClasses
  /// The classes of each set of bytes.
  private var members: [ByteSet: [Int]] = [:]
  private var numbers: [[Int32]: Int32] = [:]
  private(set) var sets: [[Int32]] = []
  /// When a state was last seen, to see it once.
  private var seen: [UInt32]
  private var round: UInt32 = 0

  init(_ automaton: NondeterministicAutomaton, _ classes: ByteClasses) {
    self.automaton = automaton
    self.classes = classes
    seen = [UInt32](repeating: 0, count: automaton.states.count)
  }

  mutating func start() -> Int32 { number([automaton.start]) }

  /// The state for a set and all that is reached from it for free.
  private mutating func number(_ targets: [Int32]) -> Int32 {
    round += 1
    var open = targets
    var set: [Int32] = []
    while let state = open.popLast() {
      guard seen[Int(state)] != round else { continue }
      seen[Int(state)] = round
      let steps = automaton.states[Int(state)]
      // States that only lead on for free say nothing of their own.
      if !steps.bytes.isEmpty || !steps.calls.isEmpty || state == automaton.end { set.append(state) }
      open += steps.free
    }
    set.sort()
    if let known = numbers[set] { return known }
    numbers[set] = Int32(sets.count)
    sets.append(set)
    return Int32(sets.count - 1)
  }

  mutating func steps(of state: Int) -> (row: [Int32], calls: [(rule: Int32, target: Int32)], accepts: Bool) {
    let set = sets[state]
    var targets = [[Int32]](repeating: [], count: classes.count)
    var called: [Int32: [Int32]] = [:]
    for state in set {
      for (bytes, target) in automaton.states[Int(state)].bytes {
        let list: [Int]
        if let known = members[bytes] {
          list = known
        } else {
          list = classes.members(of: bytes)
          members[bytes] = list
        }
        for member in list { targets[member].append(target) }
      }
      for (rule, target) in automaton.states[Int(state)].calls { called[rule, default: []].append(target) }
    }
    // Many classes lead to the same.
    var known: [[Int32]: Int32] = [[]: -1]
    var row: [Int32] = []
    row.reserveCapacity(classes.count)
    for list in targets {
      if let number = known[list] {
        row.append(number)
      } else {
        let number = number(list)
        known[list] = number
        row.append(number)
      }
    }
    let calls = called.sorted { $0.key < $1.key }.map { (rule: $0.key, target: number($0.value)) }
    return (row, calls, set.contains(automaton.end))
  }
}
