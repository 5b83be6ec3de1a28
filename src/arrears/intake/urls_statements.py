"""Paths of the statement pages, taken up by ``urls.py``."""

from __future__ import annotations

from django.urls import path

from . import pages_statements as pages

PATHS = [
    path("imports/receipts", pages.receipts, name="receipts"),
    path("imports/receipts/match", pages.match_again, name="match_receipts"),
    path("imports/receipts/<str:public_id>", pages.receipt, name="receipt"),
    path("imports/receipts/<str:public_id>/assign", pages.assign, name="assign_receipt"),
    path("imports/receipts/<str:public_id>/split", pages.split, name="split_receipt"),
    path("imports/receipts/<str:public_id>/not-ours", pages.not_ours, name="receipt_not_ours"),
    path("imports/receipts/<str:public_id>/undo", pages.undo, name="undo_receipt"),
    path("imports/receipts/<str:public_id>/reveal", pages.reveal, name="reveal_receipt"),
    path("imports/statements", pages.upload, name="upload_statement"),
    path("imports/statements/<str:public_id>/release", pages.release, name="release_statement"),
]
