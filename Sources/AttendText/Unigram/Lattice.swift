import AttendBase

/// All ways to cut a word into pieces.
struct Lattice {
  let word: UnsafeRawBufferPointer
  let trie: PieceTrie
  let scores: [Double]
  /// Of a character that is no piece.
  let unknownScore: Double
  /// Whether sums are rounded to single precision.
  var isSinglePrecision = false

  /// Calls `body` with every piece of the word, in the order of starts, then ends; −1 is an unknown character, given
  /// where no piece is that character alone.
  @inline(__always) func forEachPiece(_ body: (_ piece: Int, _ start: Int, _ end: Int, _ score: Double) -> Void) {
    var start = 0
    while start < word.count {
      // Bytes that are not UTF-8 count as a character each.
      let length = max(UTF8Sequence.length(word, at: start), 1)
      var isKnown = false
      trie.forEachPrefix(of: word, from: start) { piece, end in
        body(piece, start, end, scores[piece])
        if end - start == length { isKnown = true }
      }
      if !isKnown { body(-1, start, start + length, unknownScore) }
      start += length
    }
  }

  /// The cut with the highest sum of scores; of equal ones the one found first.
  /// - Parameter excluded: a piece that must not be used.
  func best(without excluded: Int? = nil) -> [(piece: Int, start: Int, end: Int)] {
    var sums = [Double](repeating: -.infinity, count: word.count + 1)
    var steps = [(piece: Int, start: Int)](repeating: (-1, 0), count: word.count + 1)
    sums[0] = 0
    forEachPiece { piece, start, end, score in
      if piece >= 0, piece == excluded { return }
      let sum = isSinglePrecision ? Double(Float(sums[start] + score)) : sums[start] + score
      if sum > sums[end] {
        sums[end] = sum
        steps[end] = (piece, start)
      }
    }
    guard sums[word.count] > -.infinity else { return [] }
    var cut: [(piece: Int, start: Int, end: Int)] = []
    var end = word.count
    while end > 0 {
      cut.append((steps[end].piece, steps[end].start, end))
      end = steps[end].start
    }
    return cut.reversed()
  }

  /// Adds to `counts` how often each piece is expected in `weight` words, over all cuts by their probabilities (the
  /// forward-backward algorithm), and returns the logarithm of the word's probability.
  func addExpectations(weight: Double, to counts: inout [Double]) -> Double {
    var forward = [Double](repeating: -.infinity, count: word.count + 1)
    forward[0] = 0
    var arcs: [(piece: Int, start: Int, end: Int, score: Double)] = []
    forEachPiece { piece, start, end, score in
      arcs.append((piece, start, end, score))
      forward[end] = Lattice.logAdd(forward[end], forward[start] + score)
    }
    var backward = [Double](repeating: -.infinity, count: word.count + 1)
    backward[word.count] = 0
    for arc in arcs.reversed() {
      backward[arc.start] = Lattice.logAdd(backward[arc.start], backward[arc.end] + arc.score)
    }
    let total = forward[word.count]
    guard total > -.infinity else { return 0 }
    for arc in arcs where arc.piece >= 0 {
      counts[arc.piece] += weight * exponential(forward[arc.start] + arc.score + backward[arc.end] - total)
    }
    return total
  }

  private static func logAdd(_ x: Double, _ y: Double) -> Double {
    let (low, high) = x < y ? (x, y) : (y, x)
    if low == -.infinity || high - low > 50 { return high }
    return high + logarithm(1 + exponential(low - high))
  }
}
