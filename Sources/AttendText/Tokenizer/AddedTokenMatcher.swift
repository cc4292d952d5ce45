import AttendBase

/// Finds added tokens in text: the leftmost, and of those the longest. Linear in the text, because tokens are short.
struct AddedTokenMatcher: Sendable {
  static let longestToken = 1024

  struct Match {
    var range: Range<Int>
    var id: Int32
  }

  private var tokens: [AddedToken] = []
  /// Whether any token starts with the byte: most positions are dismissed by this.
  private var startsToken = [Bool](repeating: false, count: 256)
  /// The trie: node and byte lead to a node.
  private var edges: MergeTable
  /// Position in `tokens` of the token that ends at a node, else −1.
  private var tokenAtNode: [Int32] = [-1]

  var isEmpty: Bool { tokens.isEmpty }

  init(_ tokens: [AddedToken]) throws(AttendError) {
    edges = MergeTable(capacity: tokens.reduce(0) { $0 + $1.content.utf8.count })
    for token in tokens {
      guard let first = token.content.utf8.first else { continue }
      guard token.content.utf8.count <= AddedTokenMatcher.longestToken else {
        throw AttendError(
          .unsupported,
          "an added token of \(token.content.utf8.count) bytes (id \(token.id)); the longest allowed has"
            + " \(AddedTokenMatcher.longestToken)")
      }
      startsToken[Int(first)] = true
      var node: Int32 = 0
      for byte in token.content.utf8 {
        node = child(of: node, byte) ?? addChild(to: node, byte)
      }
      tokenAtNode[Int(node)] = Int32(self.tokens.count)
      self.tokens.append(token)
    }
  }

  private func child(of node: Int32, _ byte: UInt8) -> Int32? {
    edges.entries.withUnsafeBufferPointer { entries in
      let found = MergeTable.Reader(entries).merge(node, Int32(byte))
      return found == MergeTable.none ? nil : Int32(truncatingIfNeeded: found)
    }
  }

  private mutating func addChild(to node: Int32, _ byte: UInt8) -> Int32 {
    let child = Int32(tokenAtNode.count)
    tokenAtNode.append(-1)
    edges.insert(left: node, right: Int32(byte), rank: 0, result: child)
    return child
  }

  /// The next match at or after `start`, its range widened over white space where the token strips it, but never to
  /// before `start`.
  ///
  /// - Parameter includesSpecial: whether special tokens are recognised; otherwise their text is text.
  func next(in bytes: UnsafeRawBufferPointer, from start: Int, includesSpecial: Bool) -> Match? {
    startsToken.withUnsafeBufferPointer { startsToken in
      var position = start
      while position < bytes.count {
        if startsToken[Int(bytes[position])],
          let (token, end) = longest(in: bytes, at: position, includesSpecial: includesSpecial)
        {
          if token.isSingleWord && (endsInWord(bytes, position) || startsWithWord(bytes, end)) {
            position = end
            continue
          }
          let from = token.stripsLeft ? startOfSpace(bytes, before: position, notBefore: start) : position
          let to = token.stripsRight ? endOfSpace(bytes, after: end) : end
          return Match(range: from..<to, id: token.id)
        }
        position += 1
      }
      return nil
    }
  }

  private func longest(
    in bytes: UnsafeRawBufferPointer, at start: Int, includesSpecial: Bool
  ) -> (AddedToken, end: Int)? {
    edges.entries.withUnsafeBufferPointer { entries in
      let reader = MergeTable.Reader(entries)
      var node: Int32 = 0
      var position = start
      var found: (Int, Int)?
      while position < bytes.count {
        let step = reader.merge(node, Int32(bytes[position]))
        if step == MergeTable.none { break }
        node = Int32(truncatingIfNeeded: step)
        position += 1
        let token = Int(tokenAtNode[Int(node)])
        if token >= 0, includesSpecial || !tokens[token].isSpecial { found = (token, position) }
      }
      return found.map { (tokens[$0.0], $0.1) }
    }
  }

  /// Whether a word character comes right before; `\w` in the terms of Unicode Technical Standard 18, annex C.
  private func endsInWord(_ bytes: UnsafeRawBufferPointer, _ end: Int) -> Bool {
    var start = end - 1
    while start > 0, end - start < 4, bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return start >= 0 && startsWithWord(bytes, start)
  }

  private func startsWithWord(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Bool {
    let length = UTF8Sequence.length(bytes, at: start)
    guard length > 0,
      let scalar = String(decoding: bytes[start..<start + length], as: UTF8.self).unicodeScalars.first
    else { return false }
    switch scalar.properties.generalCategory {
    case .decimalNumber, .connectorPunctuation, .nonspacingMark, .spacingMark, .enclosingMark: return true
    default: return scalar.properties.isAlphabetic || scalar.properties.isJoinControl
    }
  }

  private func endOfSpace(_ bytes: UnsafeRawBufferPointer, after end: Int) -> Int {
    let scanner = PieceScanner(bytes: bytes, kind: .gpt2)
    var position = end
    while position < bytes.count {
      let (found, length) = scanner.scalar(at: position)
      if found != UnicodeClass.space { break }
      position += length
    }
    return position
  }

  private func startOfSpace(_ bytes: UnsafeRawBufferPointer, before end: Int, notBefore start: Int) -> Int {
    let scanner = PieceScanner(bytes: bytes, kind: .gpt2)
    var position = end
    while position > start {
      var previous = position - 1
      while previous > start, position - previous < 3, bytes[previous] & 0xC0 == 0x80 { previous -= 1 }
      let (found, length) = scanner.scalar(at: previous)
      if found != UnicodeClass.space || previous + length != position { break }
      position = previous
    }
    return position
  }
}
