;; News of this channel, for 'guix pull'.

(channel-news
 (version 0))
