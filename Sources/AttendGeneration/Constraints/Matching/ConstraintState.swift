import AttendBase

/// How far one answer has come in its constraint.
package struct ConstraintState {
  private let masks: TokenMasks
  private let endTokens: [Int32]
  private var machine: PushdownMachine
  private var place: PushdownMachine.Place
  private var isAtStart = true
  /// The tokens that are allowed now; nil until somebody asks.
  private var allowedNow: TokenSet?
  /// Sets at places that were met before: loops come back to them.
  private var remembered: [PushdownMachine.Place: TokenSet] = [:]

  private static let rememberedLimit = 64

  /// - Parameter endTokens: tokens that end the text, allowed where the grammar may end.
  package init(_ masks: TokenMasks, endTokens: Set<Int32>) throws(AttendError) {
    self.masks = masks
    self.endTokens = endTokens.sorted()
    machine = PushdownMachine(masks.grammar)
    place = try machine.start()
  }

  /// Whether the text may end here.
  package var mayEnd: Bool { machine.mayEnd(at: place) }
  /// Whether the text must end here.
  package var mustEnd: Bool { mayEnd && !machine.goesOn(from: place) }

  /// The tokens that may come next, those that end the text among them where it may end.
  package mutating func allowed() throws(AttendError) -> TokenSet {
    if let allowedNow { return allowedNow }
    let tokens = try find()
    allowedNow = tokens
    return tokens
  }

  private mutating func find() throws(AttendError) -> TokenSet {
    if let known = remembered[place], !isAtStart { return known }
    var tokens = TokenSet(vocabularySize: masks.tries.vocabularySize)
    if isAtStart, masks.tries.dropsFirstSpace {
      try findAtStart(&tokens)
    } else {
      for (state, frame) in machine.states(at: place) {
        let mask = try masks.mask(of: state)
        tokens.formUnion(mask.tokens)
        guard !mask.ends.isEmpty else { continue }
        let behind = try machine.place(behind: frame)
        for node in mask.ends { try machine.walk(masks.tries.short, below: Int(node), from: behind, into: &tokens) }
      }
      try machine.walk(masks.tries.long, below: 0, from: place, into: &tokens)
    }
    for token in endTokens where mayEnd { tokens.insert(token) }
    if !isAtStart {
      if remembered.count >= Self.rememberedLimit { remembered = [:] }
      remembered[place] = tokens
    }
    return tokens
  }

  /// Of the first token a space at its beginning is not shown, so it is not part of the text.
  private mutating func findAtStart(_ tokens: inout TokenSet) throws(AttendError) {
    for trie in [masks.tries.short, masks.tries.long] {
      try machine.walk(trie, below: 0, from: place, into: &tokens)
      var node = 1
      while node < trie.count, trie.bytes[node] != 0x20 { node = Int(trie.ends[node]) }
      guard node < trie.count else { continue }
      for token in trie.tokens[Int(trie.tokenStarts[node])..<Int(trie.tokenStarts[Int(trie.ends[node])])] {
        tokens.remove(token)
      }
      try machine.walk(trie, below: node, from: place, into: &tokens)
    }
  }

  /// Goes on by a token.
  /// - Returns: false for a token that is not allowed or that ends the text; nothing changes then.
  package mutating func advance(_ token: Int32) throws(AttendError) -> Bool {
    guard !endTokens.contains(token) else { return false }
    var bytes = masks.tries.bytes(of: token)
    if isAtStart, masks.tries.dropsFirstSpace, bytes.first == 0x20 { bytes = bytes.dropFirst() }
    guard try advance(bytes: bytes) else { return false }
    isAtStart = false
    return true
  }

  /// Goes on by bytes.
  package mutating func advance(bytes: some Collection<UInt8>) throws(AttendError) -> Bool {
    guard !bytes.isEmpty, place >= 0 else { return false }
    var next = place
    for byte in bytes {
      next = try machine.next(next, Int(masks.grammar.classes.classes[Int(byte)]))
      if next == PushdownMachine.dead { return false }
    }
    place = next
    allowedNow = nil
    if machine.isFull { try forget() }
    return true
  }

  /// Gives back memory; nothing else changes.
  package mutating func forget() throws(AttendError) {
    place = try machine.forgetAll(but: place)
    remembered = [:]
  }
}
