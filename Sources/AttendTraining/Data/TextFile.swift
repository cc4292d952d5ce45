import AttendBase

/// A text file for training: UTF-8, CRLF read as LF, without a byte order mark.
package struct TextFile {
  package let path: String
  /// The file's bytes with plain line ends.
  package let bytes: [UInt8]

  /// - Throws: `not-found`, `system`; `invalid-input` for a file that is empty or not UTF-8, naming the line.
  package init(path: String) throws(AttendError) {
    self.path = path
    let file: MappedFile
    do {
      file = try MappedFile(path: path)
    } catch  where error.code == .damagedFile {
      throw AttendError(
        .invalidInput, "\(path) is empty: there is nothing to learn from", hint: "give a file with text")
    }
    bytes = try file.withUnsafeBytes { bytes throws(AttendError) in try TextFile.plain(bytes, path) }
  }

  /// A text from memory.
  package init(_ text: String, name: String) throws(AttendError) {
    path = name
    let copy = Array(text.utf8)
    let plain = copy.withUnsafeBytes { bytes in
      Result { () throws(AttendError) in try TextFile.plain(bytes, name) }
    }
    bytes = try plain.get()
  }

  private static func plain(_ raw: UnsafeRawBufferPointer, _ path: String) throws(AttendError) -> [UInt8] {
    if let place = UTF8Sequence.firstError(in: raw) {
      let line = raw[..<place].reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
      throw AttendError(
        .invalidInput, "\(path): line \(line) is not UTF-8 text (byte \(raw[place]) at offset \(place))",
        hint: "convert the file to UTF-8, for instance with iconv")
    }
    let hasMark = raw.starts(with: [0xEF, 0xBB, 0xBF])
    let text = UnsafeRawBufferPointer(rebasing: raw[(hasMark ? 3 : 0)...])
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    for (index, byte) in text.enumerated() {
      if byte == UInt8(ascii: "\r"), index + 1 < text.count, text[index + 1] == UInt8(ascii: "\n") { continue }
      bytes.append(byte)
    }
    guard bytes.contains(where: { $0 > 0x20 }) else {
      throw AttendError(
        .invalidInput, "\(path) holds no text: there is nothing to learn from", hint: "give a file with text")
    }
    return bytes
  }

  /// Lines that are not blank, with their numbers from 1.
  package var lines: [(number: Int, bytes: ArraySlice<UInt8>)] {
    var lines: [(number: Int, bytes: ArraySlice<UInt8>)] = []
    var number = 1
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      let line = bytes[start..<end]
      if line.contains(where: { $0 > 0x20 }) { lines.append((number, line)) }
      start = end + 1
      number += 1
    }
    return lines
  }

  /// Lines of two columns.
  /// - Throws: `invalid-input` for a line without a tab, with several, or with nothing on one side, naming the line.
  package func pairs() throws(AttendError) -> [(source: ArraySlice<UInt8>, target: ArraySlice<UInt8>)] {
    let tab = UInt8(ascii: "\t")
    var pairs: [(source: ArraySlice<UInt8>, target: ArraySlice<UInt8>)] = []
    for (number, line) in lines {
      let columns = line.split(separator: tab, omittingEmptySubsequences: false)
      guard columns.count == 2 else {
        throw AttendError(
          .invalidInput,
          columns.count == 1
            ? "\(path): line \(number) has no tab" : "\(path): line \(number) has \(columns.count) columns",
          hint: "each line is a source, one tab and a target")
      }
      guard columns.allSatisfy({ $0.contains { $0 > 0x20 } }) else {
        throw AttendError(
          .invalidInput,
          "\(path): line \(number) has nothing \(columns[0].contains { $0 > 0x20 } ? "after" : "before") its tab",
          hint: "each line is a source, one tab and a target")
      }
      pairs.append((columns[0], columns[1]))
    }
    return pairs
  }
}
