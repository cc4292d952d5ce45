import AttendBase

/// Cuts text into pieces by patterns, one after the other: each cuts what the one before left whole.
public struct PieceCutter: Sendable, Equatable {
  /// What becomes of matches, as the Hugging Face `tokenizers` library calls it.
  enum Behavior: String, Sendable {
    case isolated = "Isolated"
    case removed = "Removed"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"
  }

  struct Stage: Sendable, Equatable {
    var pattern: TextPattern
    var behavior = Behavior.isolated
    /// Whether matches and what lies between change places.
    var isInverted = false

    static func == (left: Stage, right: Stage) -> Bool {
      left.pattern.source.utf8.elementsEqual(right.pattern.source.utf8) && left.behavior == right.behavior
        && left.isInverted == right.isInverted
    }
  }

  private(set) var stages: [Stage]

  init(_ stages: [Stage]) { self.stages = stages }

  /// - Throws: `unsupported` naming a construct that patterns may not have, `damagedFile`.
  public init(patterns: [String]) throws(AttendError) {
    stages = []
    for pattern in patterns { stages.append(Stage(pattern: try TextPattern(pattern))) }
  }

  /// Calls `body` with the start and end of each piece, in order. What no pattern removes is in exactly one.
  ///
  /// Linear for every pattern that tokenizers use. One that has to look at a text over and over ends with an error.
  ///
  /// - Throws: `limitExceeded`.
  func forEachPiece(of bytes: UnsafeRawBufferPointer, _ body: (Int, Int) -> Void) throws(AttendError) {
    let failure = cut(bytes, 0, bytes.count, stage: 0, body)
    if let failure { throw failure }
  }

  private func cut(
    _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int, stage: Int, _ body: (Int, Int) -> Void
  ) -> AttendError? {
    guard stage < stages.count else {
      if start < end { body(start, end) }
      return nil
    }
    guard stage < stages.count - 1 else { return split(bytes, start, end, stages[stage], body) }
    // The parts of one stage are handed on while it goes on, so that nothing is kept.
    var failure: AttendError?
    let own = split(bytes, start, end, stages[stage]) { start, end in
      if failure == nil { failure = cut(bytes, start, end, stage: stage + 1, body) }
    }
    return failure ?? own
  }

  private func split(
    _ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int, _ stage: Stage, _ body: (Int, Int) -> Void
  ) -> AttendError? {
    let most = 64 * (end - start) + 1_000_000
    return stage.pattern.withMatcher(bytes) { matcher in
      var sink = PieceSink(stage.behavior, stage.isInverted)
      var position = start
      var gap = start
      while position < end {
        let found = matcher.end(of: position, limit: end)
        guard matcher.waste <= most else {
          return AttendError(
            .limitExceeded, "the pattern \(quoted(stage.pattern.source)) takes too long on this text",
            hint: "encode the text in parts")
        }
        guard found > position else {
          position += max(UTF8Sequence.length(bytes, at: position), 1)
          continue
        }
        if gap < position { sink.add(gap, position, isMatch: false, body) }
        sink.add(position, found, isMatch: true, body)
        position = found
        gap = found
      }
      if gap < end { sink.add(gap, end, isMatch: false, body) }
      sink.finish(body)
      return nil
    }
  }
}

/// Joins and drops the parts that matching leaves, as the behavior says.
private struct PieceSink {
  private let behavior: PieceCutter.Behavior
  private let isInverted: Bool
  /// A piece that what comes next may still join.
  private var open: (start: Int, end: Int)?
  private var openIsMatch = false

  init(_ behavior: PieceCutter.Behavior, _ isInverted: Bool) {
    self.behavior = behavior
    self.isInverted = isInverted
  }

  @inline(__always)
  mutating func add(_ start: Int, _ end: Int, isMatch: Bool, _ body: (Int, Int) -> Void) {
    let isMatch = isMatch != isInverted
    switch behavior {
    case .isolated: body(start, end)
    case .removed: if !isMatch { body(start, end) }
    case .contiguous: join(start, end, isMatch, when: open != nil && isMatch == openIsMatch, body)
    case .mergedWithPrevious: join(start, end, isMatch, when: open != nil && isMatch && !openIsMatch, body)
    case .mergedWithNext: join(start, end, isMatch, when: open != nil && openIsMatch && !isMatch, body)
    }
  }

  private mutating func join(_ start: Int, _ end: Int, _ isMatch: Bool, when joins: Bool, _ body: (Int, Int) -> Void) {
    if joins, let open {
      self.open = (open.start, end)
    } else {
      if let open { body(open.start, open.end) }
      open = (start, end)
    }
    openIsMatch = isMatch
  }

  func finish(_ body: (Int, Int) -> Void) {
    if let open { body(open.start, open.end) }
  }
}
