import AttendBase

/// A regular expression as a table: one look-up for each character, whatever the pattern.
///
/// Matches are those of a backtracking engine, the first alternative preferred. The table is built whole when the pattern
/// is read (the subset construction over ordered lists of threads; a look ahead is decided by the class of the next
/// character), and refused when it would be large.
struct TextPattern: Sendable {
  let source: String
  /// Row (a state) and column (a class; the last one is the end of the text) give the next row's start, shifted left by
  /// one, and below it whether the pattern matches before that character. Row 0 is where nothing can match any more.
  private let transitions: [UInt32]
  private let columns: Int
  private let classes: ScalarClasses

  static func tooComplex(_ pattern: String) -> AttendError {
    AttendError(.unsupported, "the pattern \(quoted(pattern)) is too complex")
  }

  /// - Throws: `unsupported` naming a construct that this engine lacks, `damagedFile` when it is no regular expression.
  init(_ pattern: String) throws(AttendError) {
    source = pattern
    let syntax = try PatternParser.parse(pattern)
    guard !syntax.matchesNothing else {
      throw AttendError(.unsupported, "the pattern \(quoted(pattern)) matches where there is nothing")
    }
    let program = try PatternProgram(syntax, pattern: pattern)
    guard let classes = ScalarClasses(program.sets) else { throw TextPattern.tooComplex(pattern) }
    self.classes = classes
    columns = classes.members.count + 1
    guard let transitions = PatternTable(program, classes).build() else { throw TextPattern.tooComplex(pattern) }
    self.transitions = transitions
  }

  func withMatcher<Result>(_ bytes: UnsafeRawBufferPointer, _ body: (inout Matcher) -> Result) -> Result {
    transitions.withUnsafeBufferPointer { transitions in
      classes.table.withUnsafeBufferPointer { table in
        var matcher = Matcher(
          bytes: bytes, transitions: transitions, table: table, columns: columns, classes: classes)
        return body(&matcher)
      }
    }
  }

  /// Finds matches in one text.
  struct Matcher {
    let bytes: UnsafeRawBufferPointer
    fileprivate let transitions: UnsafeBufferPointer<UInt32>
    fileprivate let table: UnsafeBufferPointer<UInt8>
    fileprivate let columns: Int
    fileprivate let classes: ScalarClasses
    /// Characters looked at in attempts that came to nothing or went beyond their match.
    private(set) var waste = 0
    /// The rows that the last long attempt in vain was in, position by position: one that comes into the same row at the
    /// same place is in vain too.
    private var vain: [UInt32] = []
    private var vainStart = 0

    fileprivate init(
      bytes: UnsafeRawBufferPointer, transitions: UnsafeBufferPointer<UInt32>, table: UnsafeBufferPointer<UInt8>,
      columns: Int, classes: ScalarClasses
    ) {
      self.bytes = bytes
      self.transitions = transitions
      self.table = table
      self.columns = columns
      self.classes = classes
    }

    /// Where the match that starts at `start` ends, or −1; nothing from `limit` on is looked at.
    @inline(__always) mutating func end(of start: Int, limit: Int) -> Int {
      var row = columns
      var position = start
      var found = -1
      while position < limit {
        let byte = bytes[position]
        var column: Int
        var next = position + 1
        if byte < 0x80 {
          column = Int(table[Int(byte)])
        } else {
          (column, next) = wide(position)
        }
        let step = transitions[row + column]
        if step & 1 != 0 { found = position }
        row = Int(step >> 1)
        if row == 0 { return finish(start, position, found) }
        position = next
        if found < 0, position < vainStart + vain.count, position > vainStart, vain[position - vainStart] == row {
          return -1
        }
      }
      if transitions[row + columns - 1] & 1 != 0 { found = position }
      return finish(start, position, found)
    }

    @inline(__always) private mutating func finish(_ start: Int, _ position: Int, _ found: Int) -> Int {
      waste += position - max(found, start)
      if found < 0, position - start > 16 { remember(start, position) }
      return found
    }

    @inline(never) private mutating func remember(_ start: Int, _ end: Int) {
      vainStart = start
      vain.removeAll(keepingCapacity: true)
      vain.append(contentsOf: repeatElement(0, count: end - start))
      var row = columns
      var position = start
      while position < end {
        let (column, next) = bytes[position] < 0x80 ? (Int(table[Int(bytes[position])]), position + 1) : wide(position)
        row = Int(transitions[row + column] >> 1)
        position = next
        if position < end { vain[position - start] = UInt32(truncatingIfNeeded: row) }
      }
    }

    /// A byte that is not UTF-8 counts as a character that is in no category.
    @inline(never) private func wide(_ position: Int) -> (column: Int, next: Int) {
      let first = UInt32(bytes[position])
      func next(_ offset: Int) -> UInt32 { UInt32(bytes[position + offset] & 0x3F) }
      let length = UTF8Sequence.length(bytes, at: position)
      let value: UInt32
      switch length {
      case 2: value = (first & 0x1F) << 6 | next(1)
      case 3: value = (first & 0x0F) << 12 | next(1) << 6 | next(2)
      case 4: value = (first & 0x07) << 18 | next(1) << 12 | next(2) << 6 | next(3)
      default: value = ScalarSet.last
      }
      let column = Int(value) < ScalarClasses.tableEnd ? table[Int(value)] : classes.rare(value)
      return (Int(column), position + max(length, 1))
    }
  }
}
