extension KeyValueCache {
  /// One page of a cache: keys and values of 64 consecutive positions. Caches that hold the same page share its memory
  /// until one of them writes to it.
  package struct Page: Sendable {
    let page: KeyValuePage
  }

  /// Positions of a page.
  package static var pagePositions: Int { KeyValuePage.positions }

  /// How many pages hold `positions` positions.
  package static func pages(for positions: Int) -> Int {
    (positions + KeyValuePage.positions - 1) / KeyValuePage.positions
  }

  /// The page of the positions from 64 · `index` on.
  package func page(_ index: Int) -> Page { Page(page: pages[index]) }

  /// Which memory the page of the positions from 64 · `index` on is.
  package func pageIdentity(_ index: Int) -> ObjectIdentifier { ObjectIdentifier(pages[index]) }

  /// Appends a page that other caches may hold too. The cache ends at a page's end before.
  /// - Parameter count: how many of its positions count, from 1 to 64.
  package mutating func append(_ page: Page, count: Int) {
    precondition(length == pages.count * KeyValuePage.positions, "pages are appended to whole pages")
    pages.append(page.page)
    length += count
  }

  /// Puts a page in place of another that holds the same numbers.
  package mutating func replacePage(_ index: Int, by page: Page) { pages[index] = page.page }
}
