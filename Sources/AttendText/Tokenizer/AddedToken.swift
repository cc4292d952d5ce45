/// A token that is found in the text itself, before pieces are cut and merged.
public struct AddedToken: Sendable, Equatable {
  public var id: Int32
  public var content: String
  /// Marks structure (start of a message, end of text) rather than text: recognised only where the caller allows it
  /// and left out of decoded text on request.
  public var isSpecial: Bool
  /// Takes the white space before it along.
  public var stripsLeft: Bool
  /// Takes the white space after it along.
  public var stripsRight: Bool
  /// Counts only where no letter, digit, mark or connector touches it.
  public var isSingleWord: Bool
  /// Looked for only after those that are not normalized, in what they leave.
  public var isNormalized: Bool

  public init(
    id: Int32, content: String, isSpecial: Bool, stripsLeft: Bool = false, stripsRight: Bool = false,
    isSingleWord: Bool = false, isNormalized: Bool = false
  ) {
    self.id = id
    self.content = content
    self.isSpecial = isSpecial
    self.stripsLeft = stripsLeft
    self.stripsRight = stripsRight
    self.isSingleWord = isSingleWord
    self.isNormalized = isNormalized
  }
}
