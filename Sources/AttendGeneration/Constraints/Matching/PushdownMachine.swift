import AttendBase

/// Where a text may stand in a grammar, for all ways to read it at once, made one state at a time as texts ask for them.
///
/// A way is a state of a rule's automaton and a frame: what follows that rule, and so on to the bottom. Frames and sets
/// of ways are kept once each, so a step that was taken before is a look into a table.
struct PushdownMachine {
  /// A number for a set of ways.
  typealias Place = Int32

  static let dead: Place = -1
  private static let unknown: Place = -2

  private struct Way: Hashable {
    var state: Int32
    var frame: Int32
  }

  /// Ways at one place; grammars that need more are too ambiguous.
  private static let wayLimit = 2048
  /// Ways of all places that are kept.
  private static let memoryLimit = 1 << 21
  /// Bytes of the table of steps.
  private static let tableLimit = 64 << 20

  private let grammar: CompiledGrammar
  private let classCount: Int
  /// What follows a rule, and the frame below that.
  private var frames: [Way] = [Way(state: -1, frame: -1)]
  private var frameNumbers: [Way: Int32] = [:]
  private var ways: [[Way]] = []
  /// Whether the bottom is reached: the text may end here.
  private var reachesBottom: [Bool] = []
  private var numbers: [[Way]: Place] = [:]
  /// `[place][class]` → place.
  private var steps: [Place] = []
  private var wayCount = 0
  // Kept from one call to the next.
  private var seen: Set<Way> = []
  private var open: [Way] = []

  init(_ grammar: CompiledGrammar) {
    self.grammar = grammar
    classCount = grammar.classes.count
  }

  /// Whether so much is kept that forgetting all but one place is better; places are numbered anew then.
  var isFull: Bool { wayCount > Self.memoryLimit / 8 || steps.count > Self.tableLimit / 32 }

  func mayEnd(at place: Place) -> Bool { place >= 0 && reachesBottom[Int(place)] }
  /// Whether some byte leads on.
  func goesOn(from place: Place) -> Bool { place >= 0 && !ways[Int(place)].isEmpty }

  /// The states of the ways at a place, and where their rules lead when they end.
  func states(at place: Place) -> [(state: Int32, frame: Int32)] {
    place < 0 ? [] : ways[Int(place)].map { ($0.state, $0.frame) }
  }

  // MARK: Places

  mutating func start() throws(AttendError) -> Place { try place(ofState: grammar.start) }

  /// A place with one way, on the bottom.
  mutating func place(ofState state: Int32) throws(AttendError) -> Place {
    try place([Way(state: state, frame: 0)])
  }

  /// A place for one state alone, as if its rule could not end there.
  mutating func place(ofBareState state: Int32) throws(AttendError) -> Place {
    let place = try place(ofState: state)
    guard place >= 0, reachesBottom[Int(place)] else { return place }
    return try intern(ways[Int(place)], bottom: false)
  }

  /// What comes after the rule above a frame.
  mutating func place(behind frame: Int32) throws(AttendError) -> Place {
    frame == 0 ? Self.dead : try place([frames[Int(frame)]])
  }

  mutating func next(_ place: Place, _ byteClass: Int) throws(AttendError) -> Place {
    let known = steps[Int(place) * classCount + byteClass]
    return known == Self.unknown ? try step(place, byteClass) : known
  }

  private mutating func step(_ place: Place, _ byteClass: Int) throws(AttendError) -> Place {
    var targets: [Way] = []
    for way in ways[Int(place)] {
      let target = grammar.next[Int(way.state) * classCount + byteClass]
      if target >= 0 { targets.append(Way(state: target, frame: way.frame)) }
    }
    let result = try self.place(targets)
    steps[Int(place) * classCount + byteClass] = result
    return result
  }

  /// The place of some ways and of all that are reached from them without a byte.
  private mutating func place(_ start: [Way]) throws(AttendError) -> Place {
    if start.isEmpty { return Self.dead }
    seen.removeAll(keepingCapacity: true)
    open.removeAll(keepingCapacity: true)
    open += start
    var result: [Way] = []
    var bottom = false
    while let way = open.popLast() {
      guard seen.insert(way).inserted else { continue }
      guard seen.count <= Self.wayLimit else {
        throw AttendError(
          .limitExceeded, "the constraint can be read in more than \(Self.wayLimit) ways at one place",
          hint: "make its rules less ambiguous")
      }
      let state = Int(way.state)
      if grammar.hasBytes[state] { result.append(way) }
      for index in Int(grammar.callStarts[state])..<Int(grammar.callStarts[state + 1]) {
        let (start, target) = grammar.calls[index]
        // Where nothing follows, coming back is left out: lists that are written by recursion need no memory.
        let frame = grammar.isEnd[Int(target)] ? way.frame : frame(Way(state: target, frame: way.frame))
        open.append(Way(state: start, frame: frame))
      }
      if grammar.accepts[state] {
        if way.frame == 0 { bottom = true } else { open.append(frames[Int(way.frame)]) }
      }
    }
    if result.isEmpty, !bottom { return Self.dead }
    result.sort { ($0.state, $0.frame) < ($1.state, $1.frame) }
    return try intern(result, bottom: bottom)
  }

  private mutating func frame(_ way: Way) -> Int32 {
    if let known = frameNumbers[way] { return known }
    let number = Int32(frames.count)
    frames.append(way)
    frameNumbers[way] = number
    return number
  }

  private mutating func intern(_ ways: [Way], bottom: Bool) throws(AttendError) -> Place {
    // The bottom is part of what tells places apart.
    let key = bottom ? ways + [Way(state: -1, frame: -1)] : ways
    if let known = numbers[key] { return known }
    wayCount += ways.count + 1
    guard wayCount <= Self.memoryLimit, (steps.count + classCount) * 4 <= Self.tableLimit else {
      throw AttendError(
        .limitExceeded, "finding the tokens that the constraint allows takes too much memory",
        hint: "make its rules less ambiguous")
    }
    let number = Place(self.ways.count)
    self.ways.append(ways)
    reachesBottom.append(bottom)
    numbers[key] = number
    steps.append(contentsOf: repeatElement(Self.unknown, count: classCount))
    return number
  }

  /// Forgets everything but one place.
  /// - Returns: its new number.
  mutating func forgetAll(but place: Place) throws(AttendError) -> Place {
    guard place >= 0 else { return place }
    var fresh = PushdownMachine(grammar)
    var moved: [Int32: Int32] = [0: 0]
    /// A frame and all below it, the lowest first.
    func move(_ frame: Int32) -> Int32 {
      var path: [Int32] = []
      var next = frame
      while moved[next] == nil {
        path.append(next)
        next = frames[Int(next)].frame
      }
      for old in path.reversed() {
        let way = frames[Int(old)]
        moved[old] = fresh.frame(Way(state: way.state, frame: moved[way.frame] ?? 0))
      }
      return moved[frame] ?? 0
    }
    let kept = ways[Int(place)].map { Way(state: $0.state, frame: move($0.frame)) }
    let number = try fresh.intern(
      kept.sorted { ($0.state, $0.frame) < ($1.state, $1.frame) }, bottom: reachesBottom[Int(place)])
    self = fresh
    return number
  }

  // MARK: Walking

  /// Visits the subtree below a node of the tree of tokens as far as the grammar goes along.
  /// - Parameters:
  ///   - start: the place at the node.
  ///   - tokens: gets the tokens whose texts the grammar lets through.
  ///   - ends: called with nodes at which the bottom is reached and tokens go on.
  mutating func walk(
    _ trie: TokenTrie, below node: Int, from start: Place, into tokens: inout TokenSet, ends: (Int32) -> Void = { _ in }
  ) throws(AttendError) {
    guard start >= 0 else { return }
    let base = Int(trie.depths[node])
    var path = [Place](repeating: Self.dead, count: trie.depth - base + 1)
    path[0] = start
    var index = node + 1
    let end = Int(trie.ends[node])
    while index < end {
      let depth = Int(trie.depths[index]) - base
      let byteClass = Int(grammar.classes.classes[Int(trie.bytes[index])])
      let previous = path[depth - 1]
      var place = steps[Int(previous) * classCount + byteClass]
      if place == Self.unknown { place = try step(previous, byteClass) }
      if place == Self.dead {
        index = Int(trie.ends[index])
        continue
      }
      for token in Int(trie.tokenStarts[index])..<Int(trie.tokenStarts[index + 1]) { tokens.insert(trie.tokens[token]) }
      path[depth] = place
      if reachesBottom[Int(place)], Int(trie.ends[index]) > index + 1 { ends(Int32(index)) }
      index += 1
    }
  }
}
