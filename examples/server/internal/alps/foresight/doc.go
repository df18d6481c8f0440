// Package foresight forecasts which banks will fall below their floor, from what
// a chronicle has kept of them.
//
// Time is cut into slots of equal length, and of each bank the newest ratio of
// each slot counts. Once there is enough of that a model of package stress is
// fitted on the first half of it and tried on the second, which it has not seen:
// only a model that proves its skill there is licensed, and only a licensed
// forecast may move money. Until there is enough, every bank's forecast says what
// it lacks, and is no number.
package foresight
