import AttendBase

/// Turns text into token ids and back.
public protocol Tokenizer: Sendable {
  /// One more than the largest id.
  var vocabularySize: Int { get }
  var specialTokens: SpecialTokens { get }

  /// The ids of UTF-8 text. Bytes that are not UTF-8 are accepted if the vocabulary can express them.
  ///
  /// - Parameters:
  ///   - allowSpecial: whether special tokens written out in the text (`<|im_end|>`) become their ids. Pass false for
  ///     text from outside, so that it cannot forge the structure of a conversation.
  ///   - addSpecialTokens: whether to add what the model expects around a text (such as a beginning-of-text token).
  /// - Throws: `invalidInput` when the text is too long to index.
  func encode(
    bytes: UnsafeRawBufferPointer, allowSpecial: Bool, addSpecialTokens: Bool
  ) throws(AttendError) -> [Int32]

  /// The bytes that an id stands for; possibly half a character. Empty for an id outside the vocabulary.
  func bytes(of id: Int32) -> ArraySlice<UInt8>

  func isSpecial(_ id: Int32) -> Bool

  /// The id of a token, by its text.
  func id(of token: String) -> Int32?

  /// Whether a decoded text loses the space before its first word, which encoding put there.
  var dropsFirstSpace: Bool { get }
}

extension Tokenizer {
  public var dropsFirstSpace: Bool { false }
}

/// The ids with a role; each may be absent.
public struct SpecialTokens: Sendable, Equatable {
  /// Beginning of text (`bos`).
  public var beginning: Int32?
  /// End of text (`eos`).
  public var end: Int32?
  /// End of a message (`eot`), where it differs from the end of text.
  public var endOfTurn: Int32?
  public var unknown: Int32?
  public var padding: Int32?

  public init(
    beginning: Int32? = nil, end: Int32? = nil, endOfTurn: Int32? = nil, unknown: Int32? = nil, padding: Int32? = nil
  ) {
    self.beginning = beginning
    self.end = end
    self.endOfTurn = endOfTurn
    self.unknown = unknown
    self.padding = padding
  }
}

extension Tokenizer {
  public func encode(
    _ text: String, allowSpecial: Bool = false, addSpecialTokens: Bool = false
  ) throws(AttendError) -> [Int32] {
    var text = text
    let result = text.withUTF8 { bytes in
      Result { () throws(AttendError) -> [Int32] in
        try encode(
          bytes: UnsafeRawBufferPointer(bytes), allowSpecial: allowSpecial, addSpecialTokens: addSpecialTokens)
      }
    }
    return try result.get()
  }

  public func encode(
    bytes: [UInt8], allowSpecial: Bool = false, addSpecialTokens: Bool = false
  ) throws(AttendError) -> [Int32] {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(AttendError) -> [Int32] in
        try encode(bytes: bytes, allowSpecial: allowSpecial, addSpecialTokens: addSpecialTokens)
      }
    }
    return try result.get()
  }

  /// The text of ids; each maximal piece of broken UTF-8 becomes U+FFFD, and ids outside the vocabulary are left out.
  public func decode(_ ids: some Sequence<Int32>, skipSpecial: Bool = false) -> String {
    var decoder = streamingDecoder(skipSpecial: skipSpecial)
    var text = ""
    for id in ids { text += decoder.append(id) }
    return text + decoder.finish()
  }

  public func streamingDecoder(skipSpecial: Bool = false) -> StreamingDetokenizer {
    StreamingDetokenizer(self, skipSpecial: skipSpecial)
  }
}
