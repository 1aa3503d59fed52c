;;; zfs-guix --- OpenZFS for each Linux kernel of GNU Guix
;;; Copyright © 2026 The zfs-guix authors
;;;
;;; This program is free software; you can redistribute it and/or modify it
;;; under the terms of the GNU General Public License as published by
;;; the Free Software Foundation; either version 3 of the License, or (at
;;; your option) any later version.
;;;
;;; This program is distributed in the hope that it will be useful, but
;;; WITHOUT ANY WARRANTY; without even the implied warranty of
;;; MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
;;; GNU General Public License for more details.
;;;
;;; You should have received a copy of the GNU General Public License
;;; along with this program.  If not, see <http://www.gnu.org/licenses/>.


(define-module (zfs-guix services parameters)
  #:use-module (guix utils)
  #:use-module (ice-9 match)
  #:use-module (srfi srfi-1)
  #:export (parameter-module
            parameter-bits
            parameter-of-release?))

;;; Commentary:
;;;
;;; The parameters of OpenZFS's kernel modules on Linux, from the sources of
;;; the releases 2.1.16, 2.2.11, 2.3.9 and 2.4.4: what is declared below
;;; module/ by ZFS_MODULE_PARAM and its kin, and by module_param.
;;;
;;; Code:

(define %newest
  ;; A release after this one may have others.
  "2.4.4")

(define %parameters
  ;; Module, the type, in C, of the value where it is a number, of 'number'
  ;; those of 64 bits, the first and the last series that has them, and their
  ;; names.  Of a type that changed it is the larger one.
  '((spl int "2.1" "2.4"
     "spl_taskq_thread_bind spl_taskq_thread_dynamic
      spl_taskq_thread_priority")
    (spl uint "2.1" "2.1"
     "spl_kmem_cache_reclaim")
    (spl uint "2.1" "2.2"
     "spl_max_show_tasks")
    (spl uint "2.1" "2.4"
     "spl_kmem_alloc_max spl_kmem_alloc_warn spl_kmem_cache_kmem_threads
      spl_kmem_cache_magazine_size spl_kmem_cache_max_size
      spl_kmem_cache_obj_per_slab spl_kmem_cache_slab_limit spl_panic_halt
      spl_schedule_hrtimeout_slack_us spl_taskq_kick
      spl_taskq_thread_sequential")
    (spl uint "2.2" "2.4"
     "spl_taskq_thread_timeout_ms")
    (spl number "2.1" "2.4"
     "spl_hostid")
    (spl string "2.1" "2.4"
     "spl_hostid_path")
    (zfs int "2.1" "2.1"
     "zfs_arc_meta_adjust_restarts zfs_arc_meta_prune zfs_arc_meta_strategy
      zfs_arc_p_dampener_disable zfs_arc_p_min_shift
      zfs_vdev_aggregate_trim zfs_vdev_cache_bshift zfs_vdev_cache_max
      zfs_vdev_cache_size")
    (zfs int "2.1" "2.2"
     "ignore_hole_birth zfs_sync_taskq_batch_pct")
    (zfs int "2.1" "2.3"
     "zfs_autoimport_disable")
    (zfs int "2.1" "2.4"
     "l2arc_exclude_special l2arc_feed_again l2arc_mfuonly l2arc_noprefetch
      l2arc_norw l2arc_rebuild_enabled metaslab_bias_enabled
      metaslab_debug_load metaslab_debug_unload
      metaslab_df_use_largest_segment metaslab_fragmentation_factor_enabled
      metaslab_lba_weighting_enabled metaslab_preload_enabled
      reference_tracking_enable send_holes_without_birth_time
      spa_load_print_vdev_tree spa_load_verify_data
      spa_load_verify_metadata vdev_validate_skip zap_iterate_prefetch
      zfs_abd_scatter_enabled zfs_abd_scatter_min_size zfs_admin_snapshot
      zfs_allow_redacted_dataset_mount zfs_arc_prune_task_threads
      zfs_arc_shrinker_limit zfs_compressed_arc_enabled
      zfs_condense_indirect_vdevs_enable zfs_dbgmsg_enable
      zfs_dbuf_state_index zfs_ddt_data_is_special zfs_deadman_enabled
      zfs_dedup_prefetch zfs_default_bs zfs_default_ibs
      zfs_disable_ivset_guid_check zfs_dmu_offset_next_sync
      zfs_expire_snapshot zfs_free_bpobj_enabled zfs_free_leak_on_eio
      zfs_keep_log_spacemaps_at_export zfs_livelist_condense_new_alloc
      zfs_livelist_condense_sync_cancel zfs_livelist_condense_sync_pause
      zfs_livelist_condense_zthr_cancel zfs_livelist_condense_zthr_pause
      zfs_livelist_min_percent_shared zfs_max_dataset_nesting
      zfs_metaslab_segment_weight_enabled zfs_metaslab_switch_threshold
      zfs_metaslab_try_hard_before_gang zfs_no_scrub_io
      zfs_no_scrub_prefetch zfs_nocacheflush zfs_nopwrite_enabled
      zfs_pd_bytes_max zfs_prefetch_disable zfs_qat_checksum_disable
      zfs_qat_compress_disable zfs_qat_encrypt_disable
      zfs_read_history_hits zfs_rebuild_scrub_enabled zfs_recover
      zfs_removal_ignore_errors zfs_resilver_disable_defer
      zfs_scan_blkstats zfs_scan_ignore_errors zfs_scan_legacy
      zfs_scan_strict_mem_lim zfs_scan_suspend_progress
      zfs_send_corrupt_data zfs_send_unmodified_spill_blocks
      zfs_unlink_suspend_progress zfs_user_indirect_is_special
      zfs_vdev_mirror_non_rotating_inc
      zfs_vdev_mirror_non_rotating_seek_inc zfs_vdev_mirror_rotating_inc
      zfs_vdev_mirror_rotating_seek_inc
      zfs_vdev_mirror_rotating_seek_offset zfs_zil_clean_taskq_maxalloc
      zfs_zil_clean_taskq_minalloc zfs_zil_clean_taskq_nthr_pct
      zil_nocacheflush zil_replay_disable zio_deadman_log_all
      zio_dva_throttle_enabled zio_requeue_io_start_cut_in_line
      zio_slow_io_ms")
    (zfs int "2.2" "2.4"
     "brt_zap_prefetch zap_micro_max_size zfs_arc_shrinker_seeks
      zfs_bclone_enabled zfs_bclone_wait_dirty
      zfs_recv_best_effort_corrective zfs_snapshot_history_enabled
      zfs_xattr_compat zfs_zil_saxattr zvol_enforce_quotas")
    (zfs int "2.3" "2.4"
     "spa_cpus_per_allocator spa_num_allocators zap_shrink_enabled
      zfs_delete_dentry zfs_delete_inode zfs_dio_enabled
      zfs_scrub_after_expand zfs_snapshot_no_setuid")
    (zfs int "2.4" "2.4"
     "metaslab_perf_bias zfs_dio_strict zil_special_is_slog")
    (zfs uint "2.1" "2.3"
     "zfs_vdev_queue_depth_pct")
    (zfs uint "2.1" "2.4"
     "dbuf_cache_hiwater_pct dbuf_cache_lowater_pct dbuf_cache_shift
      dbuf_metadata_cache_shift dmu_object_alloc_chunk_shift
      dmu_prefetch_max icp_gcm_avx_chunk_size l2arc_meta_percent
      metaslab_df_max_search metaslab_unload_delay metaslab_unload_delay_ms
      reference_history spa_asize_inflation spa_load_verify_shift
      spa_slop_shift vdev_removal_max_span zfetch_max_distance
      zfetch_max_idistance zfetch_max_sec_reap zfetch_max_streams
      zfetch_min_distance zfetch_min_sec_reap zfs_abd_scatter_max_order
      zfs_arc_average_blocksize zfs_arc_evict_batch_limit
      zfs_arc_eviction_pct zfs_arc_grow_retry zfs_arc_lotsfree_percent
      zfs_arc_min_prefetch_ms zfs_arc_min_prescient_prefetch_ms
      zfs_arc_pc_percent zfs_arc_shrink_shift zfs_btree_verify_intensity
      zfs_checksum_events_per_second zfs_commit_timeout_pct
      zfs_condense_indirect_commit_entry_delay_ms
      zfs_condense_indirect_obsolete_pct zfs_dbgmsg_maxsize
      zfs_delay_min_dirty_percent zfs_dirty_data_max_max_percent
      zfs_dirty_data_max_percent zfs_dirty_data_sync_percent
      zfs_embedded_slog_min_ms zfs_fallocate_reserve_percent zfs_flags
      zfs_free_min_time_ms zfs_max_recordsize zfs_metaslab_find_max_tries
      zfs_metaslab_fragmentation_threshold zfs_metaslab_mem_limit
      zfs_mg_fragmentation_threshold zfs_mg_noalloc_threshold
      zfs_multihost_fail_intervals zfs_multihost_history
      zfs_multihost_import_intervals zfs_multilist_num_sublists
      zfs_object_mutex_size zfs_obsolete_min_time_ms
      zfs_override_estimate_recordsize zfs_read_history
      zfs_reconstruct_indirect_combinations_max zfs_recv_queue_ff
      zfs_recv_queue_length zfs_recv_write_batch_size
      zfs_removal_suspend_progress zfs_remove_max_segment
      zfs_resilver_min_time_ms zfs_scan_checkpoint_intval
      zfs_scan_fill_weight zfs_scan_issue_strategy zfs_scan_mem_lim_fact
      zfs_scan_mem_lim_soft_fact zfs_scan_report_txgs zfs_scrub_min_time_ms
      zfs_send_no_prefetch_queue_ff zfs_send_no_prefetch_queue_length
      zfs_send_queue_ff zfs_send_queue_length zfs_slow_io_events_per_second
      zfs_special_class_metadata_reserve_pct zfs_sync_pass_deferred_free
      zfs_sync_pass_dont_compress zfs_sync_pass_rewrite
      zfs_traverse_indirect_prefetch_limit zfs_trim_extent_bytes_max
      zfs_trim_extent_bytes_min zfs_trim_metaslab_skip zfs_trim_queue_limit
      zfs_trim_txg_batch zfs_txg_history zfs_txg_timeout
      zfs_vdev_aggregation_limit zfs_vdev_aggregation_limit_non_rotating
      zfs_vdev_async_read_max_active zfs_vdev_async_read_min_active
      zfs_vdev_async_write_active_max_dirty_percent
      zfs_vdev_async_write_active_min_dirty_percent
      zfs_vdev_async_write_max_active zfs_vdev_async_write_min_active
      zfs_vdev_default_ms_count zfs_vdev_default_ms_shift
      zfs_vdev_initializing_max_active zfs_vdev_initializing_min_active
      zfs_vdev_max_active zfs_vdev_min_ms_count zfs_vdev_ms_count_limit
      zfs_vdev_nia_credit zfs_vdev_nia_delay zfs_vdev_open_timeout_ms
      zfs_vdev_read_gap_limit zfs_vdev_rebuild_max_active
      zfs_vdev_rebuild_min_active zfs_vdev_removal_max_active
      zfs_vdev_removal_min_active zfs_vdev_scrub_max_active
      zfs_vdev_scrub_min_active zfs_vdev_sync_read_max_active
      zfs_vdev_sync_read_min_active zfs_vdev_sync_write_max_active
      zfs_vdev_sync_write_min_active zfs_vdev_trim_max_active
      zfs_vdev_trim_min_active zfs_vdev_write_gap_limit zfs_zevent_len_max
      zfs_zevent_retain_expire_secs zfs_zevent_retain_max zil_maxblocksize
      zio_taskq_batch_pct zio_taskq_batch_tpq zvol_inhibit_dev zvol_major
      zvol_prefetch_bytes zvol_request_sync zvol_threads zvol_volmode")
    (zfs uint "2.2" "2.3"
     "zfs_vdev_def_queue_depth zfs_vdev_disk_classic")
    (zfs uint "2.2" "2.4"
     "brt_zap_default_bs brt_zap_default_ibs dbuf_mutex_cache_shift
      ddt_zap_default_bs ddt_zap_default_ibs metaslab_force_ganging_pct
      metaslab_preload_limit metaslab_preload_pct spa_upgrade_errlog_limit
      zfetch_hole_shift zfetch_max_reorder zfs_arc_meta_balance
      zfs_deadman_events_per_second zfs_scrub_error_blocks_per_txg
      zfs_vdev_disk_max_segs zfs_vdev_failfast_mask zfs_vdev_max_ms_shift
      zil_maxcopied zstd_abort_size zstd_earlyabort_pass
      zvol_blk_mq_blocks_per_thread zvol_blk_mq_queue_depth zvol_num_taskqs
      zvol_open_timeout_ms zvol_use_blk_mq")
    (zfs uint "2.3" "2.4"
     "dmu_ddt_copies zfs_arc_evict_threads zfs_dedup_log_cap
      zfs_dedup_log_flush_entries_max zfs_dedup_log_flush_entries_min
      zfs_dedup_log_flush_flow_rate_txgs zfs_dedup_log_flush_min_time_ms
      zfs_dedup_log_flush_txgs zfs_dedup_log_hard_cap
      zfs_dedup_log_mem_max_percent zfs_dedup_log_txg_max
      zfs_dio_write_verify_events_per_second zfs_resilver_defer_percent
      zfs_vdev_direct_write_verify zio_taskq_write_tpq")
    (zfs uint "2.4" "2.4"
     "spa_flush_txg_time spa_note_txg_time vdev_raidz_outlier_insensitivity
      zfs_arc_evict_batches_limit zfs_import_defer_txgs")
    (zfs number "2.1" "2.1"
     "zfetch_array_rd_sz zfs_arc_meta_limit zfs_arc_meta_limit_percent
      zfs_arc_meta_min zil_min_commit_timeout")
    (zfs number "2.1" "2.4"
     "dbuf_cache_max_bytes dbuf_metadata_cache_max_bytes l2arc_feed_min_ms
      l2arc_feed_secs l2arc_headroom l2arc_headroom_boost
      l2arc_rebuild_blocks_min_l2size l2arc_trim_ahead l2arc_write_boost
      l2arc_write_max metaslab_aliquot metaslab_force_ganging
      vdev_file_logical_ashift vdev_file_physical_ashift
      zfs_arc_dnode_limit zfs_arc_dnode_limit_percent
      zfs_arc_dnode_reduce_percent zfs_arc_max zfs_arc_min zfs_arc_sys_free
      zfs_async_block_max_blocks zfs_condense_max_obsolete_bytes
      zfs_condense_min_mapping_bytes zfs_deadman_checktime_ms
      zfs_deadman_synctime_ms zfs_deadman_ziotime_ms zfs_delay_scale
      zfs_delete_blocks zfs_dirty_data_max zfs_dirty_data_max_max
      zfs_history_output_max zfs_immediate_write_sz
      zfs_initialize_chunk_size zfs_initialize_value zfs_key_max_salt_uses
      zfs_livelist_max_entries zfs_lua_max_instrlimit zfs_lua_max_memlimit
      zfs_max_async_dedup_frees zfs_max_log_walking
      zfs_max_logsm_summary_length zfs_max_missing_tvds
      zfs_max_nvlist_src_size zfs_metaslab_max_size_cache_sec
      zfs_min_metaslabs_to_flush zfs_multihost_interval
      zfs_per_txg_dirty_frees_percent zfs_rebuild_max_segment
      zfs_rebuild_vdev_limit zfs_scan_max_ext_gap zfs_scan_vdev_limit
      zfs_spa_discard_memory_limit zfs_unflushed_log_block_max
      zfs_unflushed_log_block_min zfs_unflushed_log_block_pct
      zfs_unflushed_log_txg_max zfs_unflushed_max_mem_amt
      zfs_unflushed_max_mem_ppm zfs_vdev_max_auto_ashift
      zfs_vdev_min_auto_ashift zfs_vnops_read_chunk_size zfs_wrlog_data_max
      zil_slog_bulk zvol_max_discard_blocks")
    (zfs number "2.3" "2.4"
     "raidz_expand_max_copy_bytes raidz_expand_max_reflow_bytes
      raidz_io_aggregate_rows zfs_dedup_log_mem_max")
    (zfs number "2.4" "2.4"
     "vdev_raidz_outlier_check_interval_ms vdev_read_sit_out_secs
      zfs_async_free_zio_wait_interval")
    (zfs string "2.1" "2.3"
     "zfs_vdev_scheduler")
    (zfs string "2.1" "2.4"
     "icp_aes_impl icp_gcm_impl spa_config_path zfs_deadman_failmode
      zfs_fletcher_4_impl zfs_vdev_raidz_impl zio_taskq_read
      zio_taskq_write")
    (zfs string "2.2" "2.4"
     "zfs_blake3_impl zfs_sha256_impl zfs_sha512_impl")
    (zfs string "2.3" "2.4"
     "zfs_active_allocator zio_taskq_free")))

(define (find-parameter name)
  "Return the row of %PARAMETERS that has NAME, a string, or #f."
  (find (match-lambda
          ((_ _ _ _ names)
           (member name (string-tokenize names))))
        %parameters))

(define (parameter-module name)
  "Return the name of the module that takes the parameter NAME."
  (match (find-parameter name)
    ((module . _) (symbol->string module))
    (#f (if (string-prefix? "spl_" name) "spl" "zfs"))))

(define (parameter-bits name)
  "Return how many bits a number has that the parameter NAME takes, without its
sign, or #f if it takes a string or is not known."
  (match (find-parameter name)
    ((_ 'int . _) 31)
    ((_ 'uint . _) 32)
    ((_ 'number . _) 64)
    (_ #f)))

(define (parameter-of-release? name release)
  "Return true if OpenZFS RELEASE, a string, has the parameter NAME, or if it
is a release that is not known here."
  (or (version>? release %newest)
      (version>? "2.1" release)
      (match (find-parameter name)
        ((_ _ first last _)
         (let ((series (version-major+minor release)))
           (and (version>=? series first)
                (version>=? last series))))
        (#f #f))))
