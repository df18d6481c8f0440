package api

// Page is embedded by an input that asks for part of a list, the newest first.
type Page struct {
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"500" doc:"How many items at most."`
	Before uint64 `query:"before" default:"0" doc:"Only items before this one: next of the page before. 0 is the newest."`
}

// List is one page of a list.
type List[T any] struct {
	Items []T    `json:"items" nullable:"false" doc:"The newest first."`
	Next  uint64 `json:"next,omitempty" doc:"Ask for the next page with before=this; not there on the last."`
}

// ListOf returns the page of items; none are an empty list, not null.
func ListOf[T any](items []T, next uint64) List[T] {
	if items == nil {
		items = []T{}
	}
	return List[T]{items, next}
}
