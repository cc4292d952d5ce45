import AttendBase

/// The steps of a pattern as they are written (Thompson 1968): several may be possible at once.
struct NondeterministicAutomaton {
  struct State {
    var bytes: [(set: ByteSet, target: Int32)] = []
    var calls: [(rule: Int32, target: Int32)] = []
    /// Where one may go without a byte.
    var free: [Int32] = []
  }

  private(set) var states: [State] = []
  let start: Int32
  let end: Int32

  init(_ pattern: Pattern) {
    states = [State(), State()]
    (start, end) = (0, 1)
    add(pattern, from: start, to: end)
  }

  private mutating func newState() -> Int32 {
    states.append(State())
    return Int32(states.count - 1)
  }

  private mutating func jump(_ from: Int32, _ to: Int32) { states[Int(from)].free.append(to) }

  private mutating func add(_ pattern: Pattern, from: Int32, to: Int32) {
    switch pattern {
    case .byte(let set): if !set.isEmpty { states[Int(from)].bytes.append((set, to)) }
    case .rule(let rule): states[Int(from)].calls.append((Int32(rule), to))
    case .sequence(let parts):
      var place = from
      for (index, part) in parts.enumerated() {
        let next = index == parts.count - 1 ? to : newState()
        add(part, from: place, to: next)
        place = next
      }
      if parts.isEmpty { jump(from, to) }
    case .choice(let parts):
      for part in parts { add(part, fromNew: from, to: to) }
    case .repetition(let part, let least, let most): add(part, least, most, from: from, to: to)
    case .list(let items, let separator): add(items, separator, from: from, to: to)
    case .automaton(let automaton): add(automaton, from: from, to: to)
    }
  }

  /// What loops back to its start must not loop back to what else starts there.
  private mutating func add(_ pattern: Pattern, fromNew from: Int32, to: Int32) {
    let first = newState()
    jump(from, first)
    add(pattern, from: first, to: to)
  }

  private mutating func add(_ part: Pattern, _ least: Int, _ most: Int?, from: Int32, to: Int32) {
    var place = newState()
    jump(from, place)
    for count in 0..<(most ?? least) {
      if count >= least { jump(place, to) }
      let next = newState()
      add(part, from: place, to: next)
      place = next
    }
    if most == nil { add(part, fromNew: place, to: place) }
    jump(place, to)
  }

  /// Two rows of places, before and behind the first item that is there; an item's own steps are shared by both.
  private mutating func add(
    _ items: [(item: Pattern, isRequired: Bool)], _ separator: Pattern, from: Int32, to: Int32
  ) {
    var (none, some) = (from, newState())
    for (item, isRequired) in items {
      let first = newState()
      let (nextNone, nextSome) = (newState(), newState())
      jump(none, first)
      add(separator, fromNew: some, to: first)
      add(item, from: first, to: nextSome)
      if !isRequired {
        jump(none, nextNone)
        jump(some, nextSome)
      }
      (none, some) = (nextNone, nextSome)
    }
    jump(none, to)
    jump(some, to)
  }

  private mutating func add(_ automaton: Automaton, from: Int32, to: Int32) {
    let base = Int32(states.count)
    for _ in 0..<automaton.stateCount { _ = newState() }
    jump(from, base)
    for state in 0..<automaton.stateCount {
      var members: [Int32: [Int]] = [:]
      for member in 0..<automaton.classes.count {
        let target = automaton.next[state * automaton.classes.count + member]
        if target >= 0 { members[target, default: []].append(member) }
      }
      // In order, so that automata come out alike in every process.
      for (target, members) in members.sorted(by: { $0.key < $1.key }) {
        states[Int(base) + state].bytes.append((automaton.classes.bytes(of: members), base + target))
      }
      if automaton.accepts[state] { jump(base + Int32(state), to) }
    }
  }
}
