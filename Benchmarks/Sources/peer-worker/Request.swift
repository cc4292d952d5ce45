import AttendBase
import AttendTensor

/// What a line asks for: a kind of work and its sizes.
struct Request {
  private let kind: String
  private let words: [String]

  init(_ line: String) {
    let words = line.split(separator: " ").map(String.init)
    kind = words.first ?? ""
    self.words = Array(words.dropFirst())
  }

  /// Everything is set up before; what it returns is measured.
  func work() throws -> () throws -> Void {
    switch kind {
    case "stream": try readMemory(bytes: number(0))
    case "attention": try attention(length: number(0), isCausal: word(1) == "causal", precision: precision(2))
    case "cached-attention":
      try cachedAttention(length: number(0), isCausal: word(1) == "causal", precision: precision(2))
    case "product": try product(rows: number(0), inputs: number(1), outputs: number(2), precision: precision(3))
    case "nanogpt": try nanoGPTStep(precision: precision(0))
    case "lstm": try lstmStep(width: number(0), sequences: number(1), length: number(2), precision: precision(3))
    case "translate": try translation(folder: word(0), batch: number(1), precision: precision(2))
    default: throw AttendError(.invalidInput, "no work is called \(kind)")
    }
  }

  private func word(_ index: Int) throws -> String {
    guard words.indices.contains(index) else { throw AttendError(.invalidInput, "\(kind): word \(index) is missing") }
    return words[index]
  }

  private func number(_ index: Int) throws -> Int {
    guard let number = Int(try word(index)), number > 0 else {
      throw AttendError(.invalidInput, "\(kind): \(try word(index)) is not a size")
    }
    return number
  }

  private func precision(_ index: Int) throws -> Precision {
    guard let precision = Precision(rawValue: try word(index)) else {
      throw AttendError(.invalidInput, "\(kind): \(try word(index)) is not a precision")
    }
    return precision
  }
}
