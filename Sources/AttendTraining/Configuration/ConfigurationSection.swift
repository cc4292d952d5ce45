import AttendBase

/// One object of a training configuration: typed fields within bounds, and no field that nobody asked for.
final class ConfigurationSection {
  /// Where it is, for messages: `config.json: training.optimizer`.
  let place: String
  private let object: JSON.Object
  /// All fields that this section could have, as far as they have been asked for.
  private var known: [String] = []

  init(_ json: JSON, place: String) throws(AttendError) {
    guard case .object(let object) = json else {
      throw AttendError(.invalidInput, "\(place) is \(json.kind), expected an object")
    }
    self.object = object
    self.place = place
  }

  /// The field's value; nil when it is absent or null.
  func value(_ name: String) -> JSON? {
    if !known.contains(name) { known.append(name) }
    return object[name].flatMap { $0.isNull ? nil : $0 }
  }

  func integer(
    _ name: String, default fallback: Int? = nil, in bounds: ClosedRange<Int>
  ) throws(AttendError) -> Int {
    guard let value = try optionalInteger(name, in: bounds) ?? fallback else {
      throw missing(name, "an integer from \(bounds.lowerBound) to \(bounds.upperBound)")
    }
    return value
  }

  func optionalInteger(_ name: String, in bounds: ClosedRange<Int>) throws(AttendError) -> Int? {
    guard let value = value(name) else { return nil }
    let expected = "an integer from \(bounds.lowerBound) to \(bounds.upperBound)"
    guard let integer = value.intValue, bounds.contains(integer) else { throw wrong(name, value, expected) }
    return integer
  }

  func number(
    _ name: String, default fallback: Double? = nil, in bounds: ClosedRange<Double>
  ) throws(AttendError) -> Double {
    let expected = "a number from \(JSON(bounds.lowerBound).text()) to \(JSON(bounds.upperBound).text())"
    guard let value = value(name) else {
      guard let fallback else { throw missing(name, expected) }
      return fallback
    }
    guard let number = value.doubleValue, bounds.contains(number) else { throw wrong(name, value, expected) }
    return number
  }

  func bool(_ name: String, default fallback: Bool) throws(AttendError) -> Bool {
    guard let value = value(name) else { return fallback }
    guard let bool = value.boolValue else { throw wrong(name, value, "true or false") }
    return bool
  }

  func string(_ name: String) throws(AttendError) -> String? {
    guard let value = value(name) else { return nil }
    guard let string = value.stringValue, !string.isEmpty else { throw wrong(name, value, "a string") }
    return string
  }

  /// One of a few words.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, default fallback: Choice? = nil
  ) throws(AttendError) -> Choice where Choice.RawValue == String {
    let words = Choice.allCases.map(\.rawValue)
    let expected = "one of " + words.map { "\"\($0)\"" }.joined(separator: ", ")
    guard let value = value(name) else {
      guard let fallback else { throw missing(name, expected) }
      return fallback
    }
    guard let word = value.stringValue else { throw wrong(name, value, expected) }
    guard let choice = Choice(rawValue: word) else {
      throw AttendError(
        .invalidInput, "\(childPlace(name)) is \(quoted(word)), expected \(expected)",
        hint: nearest(word, words).map { "did you mean \"\($0)\"?" })
    }
    return choice
  }

  /// A path, or a list of paths, each relative to the configuration file's folder.
  func paths(_ name: String, in folder: String) throws(AttendError) -> [String]? {
    guard let value = value(name) else { return nil }
    var paths: [String] = []
    for element in value.arrayValue ?? [value] {
      guard let path = element.stringValue, !path.isEmpty else {
        throw wrong(name, value, "a path or a list of paths")
      }
      paths.append(path.hasPrefix("/") ? path : "\(folder)/\(path)")
    }
    guard !paths.isEmpty else { throw wrong(name, value, "a path or a list of paths") }
    return paths
  }

  /// A section inside this one; nil when it is absent.
  func section(_ name: String) throws(AttendError) -> ConfigurationSection? {
    guard let value = value(name) else { return nil }
    return try ConfigurationSection(value, place: childPlace(name))
  }

  func missing(_ name: String, _ expected: String) -> AttendError {
    let slip = nearest(name, object.map(\.key).filter { !known.contains($0) })
    return AttendError(
      .invalidInput, "\(place): the field \"\(name)\" is missing, expected \(expected)",
      hint: slip.map { "is it spelled \(quoted($0))?" } ?? "`attend train --schema` describes every field")
  }

  func wrong(_ name: String, _ value: JSON, _ expected: String) -> AttendError {
    let text = value.text()
    let shown = text.unicodeScalars.count > 60 ? value.kind : text
    return AttendError(.invalidInput, "\(childPlace(name)) is \(shown), expected \(expected)")
  }

  /// Refuses fields that nobody asked for: most of them are slips of the pen.
  func finish() throws(AttendError) {
    for (key, _) in object where !known.contains(key) {
      throw AttendError(
        .invalidInput, "\(place): the field \(quoted(key)) is not known",
        hint: nearest(key, known).map { "did you mean \"\($0)\"?" }
          ?? "known here: " + known.joined(separator: ", "))
    }
  }

  private func childPlace(_ name: String) -> String {
    place.contains(": ") ? "\(place).\(name)" : "\(place): \(name)"
  }
}

/// The candidate that begins like `word`, or else has the fewest edits from it and is near enough to be meant.
package func nearest(_ word: String, _ candidates: [String]) -> String? {
  if let longer = candidates.first(where: { $0.hasPrefix(word) && word.utf8.count > 3 }) { return longer }
  let best = candidates.map { (edits: editDistance(word, $0), name: $0) }.min { $0.edits < $1.edits }
  guard let best, best.edits <= max(2, word.utf8.count / 3) else { return nil }
  return best.name
}

/// Insertions, deletions, replacements and exchanges of neighbours that make one word of another (Damerau 1964,
/// restricted). Words of more than 64 bytes are infinitely far apart: nobody means them.
package func editDistance(_ first: String, _ second: String) -> Int {
  let (a, b) = (Array(first.utf8), Array(second.utf8))
  guard a.count <= 64, b.count <= 64 else { return .max }
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
      row.append(cost)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}
