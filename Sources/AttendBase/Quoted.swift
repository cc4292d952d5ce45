/// Text from a file or a request as it may stand in a one-line message: in quotes, without control characters, cut
/// after 80 characters.
package func quoted(_ text: String) -> String {
  var result = "\u{22}"
  var length = 0
  for scalar in text.unicodeScalars {
    if length == 80 {
      result += "…"
      break
    }
    length += 1
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
      result += "\\u{\(String(scalar.value, radix: 16))}"
    default:
      result.unicodeScalars.append(scalar)
    }
  }
  return result + "\u{22}"
}
