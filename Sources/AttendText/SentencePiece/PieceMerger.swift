import AttendBase

/// Merges the characters of a word: a list of pieces and a heap of the pairs that may be joined. Its memory serves all
/// words of a text.
struct PieceMerger {
  /// What makes a pair of neighbours a piece, and which comes first.
  enum Order: Sendable {
    /// Any neighbours whose joined text is a piece; the highest score first.
    case scores([Float])
    /// Pairs of pieces with a rank.
    case ranks(MergeTable)
  }

  private struct Piece {
    var start, length, previous, next: Int32
    /// −1 for a character that the vocabulary lacks.
    var id: Int32
  }

  /// A pair that was there when it was entered.
  private struct Pair {
    /// Priority above position: the smallest is the best pair, leftmost first.
    var key: UInt64
    /// Of both pieces together; when it is not theirs any more, one of them has been joined to another.
    var length: Int32
    var id: Int32
  }

  private var pieces: [Piece] = []
  private var heap: [Pair] = []

  /// Appends the ids of a word.
  mutating func merge(_ word: UnsafeRawBufferPointer, _ tokenizer: SentencePieceBPE, _ ids: inout [Int32]) {
    guard let base = word.baseAddress?.assumingMemoryBound(to: UInt8.self), !word.isEmpty else { return }
    tokenizer.index.withReader(tokenizer.vocabulary) { reader in
      split(word, reader)
      switch tokenizer.order {
      case .scores(let scores):
        scores.withUnsafeBufferPointer { scores in
          run { left, right in
            guard let id = reader.find(base + Int(left.start), Int(left.length + right.length)) else { return nil }
            return (PieceMerger.priority(scores[Int(id)]), id)
          }
        }
      case .ranks(let table):
        table.entries.withUnsafeBufferPointer { entries in
          let merges = MergeTable.Reader(entries)
          run { left, right in
            guard left.id >= 0, right.id >= 0 else { return nil }
            let merge = merges.merge(left.id, right.id)
            guard merge != MergeTable.none else { return nil }
            return (UInt32(truncatingIfNeeded: merge >> 32), Int32(truncatingIfNeeded: merge))
          }
        }
      }
    }
    emit(word, tokenizer, &ids)
  }

  /// Smaller for higher scores.
  private static func priority(_ score: Float) -> UInt32 {
    let bits = (score + 0).bitPattern  // −0 is 0
    return bits >> 31 == 0 ? ~(bits | 0x8000_0000) : bits
  }

  /// The word's characters; a byte that is not UTF-8 counts as one.
  private mutating func split(_ word: UnsafeRawBufferPointer, _ reader: TokenIndex.Reader) {
    pieces.removeAll(keepingCapacity: true)
    guard let base = word.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    var position = 0
    while position < word.count {
      let length = max(UTF8Sequence.length(word, at: position), 1)
      let number = Int32(truncatingIfNeeded: pieces.count)
      pieces.append(
        Piece(
          start: Int32(truncatingIfNeeded: position), length: Int32(truncatingIfNeeded: length), previous: number - 1,
          next: number + 1, id: reader.find(base + position, length) ?? -1))
      position += length
    }
    if !pieces.isEmpty { pieces[pieces.count - 1].next = -1 }
  }

  private mutating func run(_ join: (borrowing Piece, borrowing Piece) -> (priority: UInt32, id: Int32)?) {
    heap.removeAll(keepingCapacity: true)
    for left in 0..<max(pieces.count - 1, 0) { enter(Int32(truncatingIfNeeded: left), join) }
    while let best = popBest() {
      let left = Int(UInt32(truncatingIfNeeded: best.key))
      let right = Int(pieces[left].next)
      guard pieces[left].length > 0, right >= 0, pieces[left].length + pieces[right].length == best.length else {
        continue
      }
      pieces[left].length = best.length
      pieces[left].id = best.id
      pieces[left].next = pieces[right].next
      pieces[right].length = 0
      if pieces[left].next >= 0 { pieces[Int(pieces[left].next)].previous = Int32(truncatingIfNeeded: left) }
      if pieces[left].previous >= 0 { enter(pieces[left].previous, join) }
      enter(Int32(truncatingIfNeeded: left), join)
    }
  }

  /// Enters the pair that starts at a piece if it may be joined.
  private mutating func enter(
    _ left: Int32, _ join: (borrowing Piece, borrowing Piece) -> (priority: UInt32, id: Int32)?
  ) {
    let next = pieces[Int(left)].next
    guard next >= 0, let (priority, id) = join(pieces[Int(left)], pieces[Int(next)]) else { return }
    let key = UInt64(priority) << 32 | UInt64(UInt32(bitPattern: left))
    push(Pair(key: key, length: pieces[Int(left)].length + pieces[Int(next)].length, id: id))
  }

  private mutating func push(_ pair: Pair) {
    var place = heap.count
    heap.append(pair)
    while place > 0 {
      let parent = (place - 1) / 2
      if heap[parent].key <= pair.key { break }
      heap[place] = heap[parent]
      place = parent
    }
    heap[place] = pair
  }

  private mutating func popBest() -> Pair? {
    guard let best = heap.first, let last = heap.popLast() else { return nil }
    if heap.isEmpty { return best }
    var place = 0
    while true {
      var child = 2 * place + 1
      if child >= heap.count { break }
      if child + 1 < heap.count, heap[child + 1].key < heap[child].key { child += 1 }
      if last.key <= heap[child].key { break }
      heap[place] = heap[child]
      place = child
    }
    heap[place] = last
    return best
  }

  /// What the vocabulary lacks is spelled in bytes, or is unknown: once for neighbours.
  private func emit(_ word: UnsafeRawBufferPointer, _ tokenizer: SentencePieceBPE, _ ids: inout [Int32]) {
    var piece: Int32 = pieces.isEmpty ? -1 : 0
    var wasUnknown = false
    while piece >= 0 {
      let (start, length, id) = (
        Int(pieces[Int(piece)].start), Int(pieces[Int(piece)].length), pieces[Int(piece)].id
      )
      piece = pieces[Int(piece)].next
      if id >= 0 {
        ids.append(id)
        wasUnknown = false
        continue
      }
      for byte in word[start..<start + length] {
        let token = tokenizer.byteTokens[Int(byte)]
        if token >= 0 {
          ids.append(token)
          wasUnknown = false
        } else if let unknown = tokenizer.unknown, !wasUnknown {
          ids.append(unknown)
          wasUnknown = true
        }
      }
    }
  }
}
