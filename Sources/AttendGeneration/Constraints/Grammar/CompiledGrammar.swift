import AttendBase

/// A grammar as tables: a pushdown automaton over bytes. Each rule is an automaton; where a rule uses another one, the
/// machine goes through that one and comes back.
package final class CompiledGrammar: Sendable {
  /// Bytes of a token up to which states are told apart; see ``maskClasses``.
  static let lookahead = 32

  let classes: ByteClasses
  package let stateCount: Int
  /// `[state][class]` → state, or −1.
  let next: [Int32]
  /// Whether a rule may end at a state.
  let accepts: [Bool]
  /// Whether a byte leads on from a state without another rule.
  let hasBytes: [Bool]
  /// Whether nothing comes after a state but the rule's end.
  let isEnd: [Bool]
  /// The rules that a state uses, `callStarts[state]..<callStarts[state + 1]`: their starts, and what follows them.
  let callStarts: [Int32]
  let calls: [(start: Int32, target: Int32)]
  let start: Int32
  /// States of one class let the same texts of up to `lookahead` bytes through, as far as their rule goes.
  let maskClasses: [Int32]
  package let maskClassCount: Int

  /// - Throws: `invalid-input` when a rule begins with itself or no text follows the grammar, `limit-exceeded` when it is
  ///   too large.
  init(_ grammar: Grammar) throws(AttendError) {
    let grammar = grammar.inlined()
    var sets: Set<ByteSet> = []
    for rule in grammar.rules { rule.pattern.forEach(set: { sets.insert($0) }, rule: { _ in }) }
    let classes = ByteClasses(of: sets)
    var automata: [Automaton] = []
    var starts: [Int32] = []
    var count = 0
    for rule in grammar.rules {
      starts.append(Int32(count))
      let automaton = try Automaton(rule.pattern, classes: classes, limit: Automaton.stateLimit - count)
      count += automaton.stateCount
      automata.append(automaton)
    }
    var tables = Tables(classCount: classes.count, starts: starts)
    for (automaton, start) in zip(automata, starts) { tables.add(automaton, from: start) }
    if let rule = tables.ruleThatBeginsWithItself() {
      throw AttendError(
        .invalidInput, "the rule \(quoted(grammar.rules[rule].name)) begins with itself",
        hint: "let it end with itself: write \"list ::= item (\\\",\\\" item)*\" or \"list ::= item list?\"")
    }
    tables.dropDeadEnds()
    guard tables.canEnd[Int(starts[grammar.root])] else {
      throw AttendError(
        .invalidInput, "no text of finite length follows the constraint",
        hint: "something in it contradicts itself or contains itself without end")
    }
    self.classes = classes
    stateCount = count
    next = tables.next
    accepts = tables.accepts
    start = starts[grammar.root]
    var callStarts: [Int32] = [0]
    var calls: [(start: Int32, target: Int32)] = []
    for list in tables.calls {
      for (rule, target) in list { calls.append((starts[Int(rule)], target)) }
      callStarts.append(Int32(calls.count))
    }
    self.calls = calls
    self.callStarts = callStarts
    let width = classes.count
    let (table, accepts) = (tables.next, tables.accepts)
    let hasBytes = (0..<count).map { state in table[state * width..<(state + 1) * width].contains { $0 >= 0 } }
    self.hasBytes = hasBytes
    isEnd = (0..<count).map { accepts[$0] && !hasBytes[$0] && callStarts[$0] == callStarts[$0 + 1] }
    (maskClasses, maskClassCount) = tables.boundedClasses(rounds: Self.lookahead)
  }
}

/// The automata of all rules in one table, while it is made.
private struct Tables {
  let classCount: Int
  let starts: [Int32]
  var next: [Int32] = []
  var accepts: [Bool] = []
  var calls: [[(rule: Int32, target: Int32)]] = []
  /// Whether a state can come to its rule's end.
  private(set) var canEnd: [Bool] = []

  init(classCount: Int, starts: [Int32]) {
    self.classCount = classCount
    self.starts = starts
  }

  mutating func add(_ automaton: Automaton, from base: Int32) {
    next += automaton.next.map { $0 < 0 ? -1 : $0 + base }
    accepts += automaton.accepts
    calls += automaton.calls.map { $0.map { ($0.rule, $0.target + base) } }
  }

  /// A rule that can come back to its own start without a byte would be entered without end.
  func ruleThatBeginsWithItself() -> Int? {
    let isEmpty = rulesWithEmptyText()
    let begins = starts.indices.map { rule in
      var (open, seen, found) = ([starts[rule]], Set([starts[rule]]), Set<Int>())
      while let state = open.popLast() {
        for (called, target) in calls[Int(state)] {
          found.insert(Int(called))
          if isEmpty[Int(called)], seen.insert(target).inserted { open.append(target) }
        }
      }
      return found.sorted()
    }
    // Depth-first: a rule that is met on its own way begins with itself.
    var colors = [UInt8](repeating: 0, count: starts.count)
    for root in starts.indices where colors[root] == 0 {
      var path = [(rule: root, place: 0)]
      colors[root] = 1
      while let (rule, place) = path.last {
        guard place < begins[rule].count else {
          colors[rule] = 2
          path.removeLast()
          continue
        }
        path[path.count - 1].place += 1
        let called = begins[rule][place]
        if colors[called] == 1 { return called }
        if colors[called] == 0 {
          colors[called] = 1
          path.append((called, 0))
        }
      }
    }
    return nil
  }

  private func rulesWithEmptyText() -> [Bool] {
    var isEmpty = [Bool](repeating: false, count: starts.count)
    var changed = true
    while changed {
      changed = false
      for rule in starts.indices where !isEmpty[rule] {
        var (open, seen) = ([starts[rule]], Set([starts[rule]]))
        while let state = open.popLast() {
          if accepts[Int(state)] {
            isEmpty[rule] = true
            changed = true
            break
          }
          for (called, target) in calls[Int(state)] where isEmpty[Int(called)] && seen.insert(target).inserted {
            open.append(target)
          }
        }
      }
    }
    return isEmpty
  }

  /// Takes out every step after which no rule can come to its end, so that what is open can always be completed.
  mutating func dropDeadEnds() {
    // Backwards from the ends: a step through a rule counts once the rule itself can end.
    var before = [[Int32]](repeating: [], count: accepts.count)
    var waiting = [[(state: Int32, target: Int32)]](repeating: [], count: starts.count)
    for state in accepts.indices {
      for target in Set(next[state * classCount..<(state + 1) * classCount]) where target >= 0 {
        before[Int(target)].append(Int32(state))
      }
      for (rule, target) in calls[state] { waiting[Int(rule)].append((Int32(state), target)) }
    }
    canEnd = [Bool](repeating: false, count: accepts.count)
    var isDone = [Bool](repeating: false, count: starts.count)
    let rules = Dictionary(starts.enumerated().map { ($1, $0) }) { first, _ in first }
    var open: [Int32] = []
    func reach(_ state: Int32, _ canEnd: inout [Bool]) {
      guard !canEnd[Int(state)] else { return }
      canEnd[Int(state)] = true
      open.append(state)
    }
    for state in accepts.indices where accepts[state] { reach(Int32(state), &canEnd) }
    while let state = open.popLast() {
      for earlier in before[Int(state)] { reach(earlier, &canEnd) }
      guard let rule = rules[state], !isDone[rule] else { continue }
      isDone[rule] = true
      for (earlier, target) in waiting[rule] {
        if canEnd[Int(target)] { reach(earlier, &canEnd) } else { before[Int(target)].append(earlier) }
      }
    }
    for index in next.indices where next[index] >= 0 && !canEnd[Int(next[index])] { next[index] = -1 }
    for state in calls.indices {
      calls[state].removeAll { !canEnd[Int(starts[Int($0.rule)])] || !canEnd[Int($0.target)] }
    }
  }

  /// Classes of states that no text of up to `rounds` bytes and uses of rules tells apart (Moore 1956, stopped early):
  /// the first hundred places of a string of at most 132 characters are one class, so one set of tokens serves them all.
  func boundedClasses(rounds: Int) -> (classes: [Int32], count: Int) {
    var classes = accepts.map { $0 ? Int32(1) : 0 }
    var refined = classes
    var count = 0
    for _ in 0..<rounds {
      // What a state leads to, in 128 bits that are as good as unique.
      var numbers: [SIMD2<UInt64>: Int32] = [:]
      numbers.reserveCapacity(count)
      for state in accepts.indices {
        var key = SIMD2<UInt64>(0x9E37_79B9_7F4A_7C15, 0xC2B2_AE3D_27D4_EB4F)
        func mix(_ value: Int32) {
          let value = UInt64(truncatingIfNeeded: value)
          key = SIMD2(
            (key[0] ^ value) &* 0xFF51_AFD7_ED55_8CCD,
            (key[1] &+ value &* 0xD6E8_FEB8_6659_FD93) &* 0xC4CE_B9FE_1A85_EC53)
          key ^= key &>> 29
        }
        mix(classes[state])
        next.withUnsafeBufferPointer { next in
          for target in next[state * classCount..<(state + 1) * classCount] {
            mix(target < 0 ? -1 : classes[Int(target)])
          }
        }
        for (rule, target) in calls[state] {
          mix(-2 - rule)
          mix(classes[Int(target)])
        }
        if let known = numbers[key] {
          refined[state] = known
        } else {
          refined[state] = Int32(numbers.count)
          numbers[key] = Int32(numbers.count)
        }
      }
      swap(&classes, &refined)
      if numbers.count == count { break }
      count = numbers.count
    }
    return (classes, max(count, 1))
  }
}
